/** The conversion that agent-sandbox's controller answers from v0.5.0 on, as far as the tests' Sandboxes need it. */
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { CUSTOM_RESOURCE_DEFINITIONS } from "@sandgate/kube";
import type { Cluster } from "../cluster/start-cluster.ts";

interface Review {
  request: { uid: string; desiredAPIVersion: string; objects: Versioned[] };
}
interface Versioned {
  apiVersion: string;
  spec?: { replicas?: number; operatingMode?: string };
}

export interface ConversionWebhook {
  /** Requests answered so far. */
  readonly answered: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Answers where the cluster reaches the test, and makes it the conversion of Sandboxes. */
export async function answerConversions(cluster: Cluster): Promise<ConversionWebhook> {
  const { pki, network } = cluster.facts;
  await pki.issue("conversion", { user: "conversion", group: "tests" }, [network.hostAddress]);
  let answered = 0;
  const server = createServer(
    { key: readFileSync(pki.path("conversion.key")), cert: readFileSync(pki.path("conversion.crt")) },
    (request, response) => {
      void json(request).then((review) => {
        const { uid, desiredAPIVersion, objects } = (review as Review).request;
        const convertedObjects = objects.map((object) => convert(object, desiredAPIVersion));
        answered++;
        response.setHeader("content-type", "application/json");
        response.end(
          JSON.stringify({
            apiVersion: "apiextensions.k8s.io/v1",
            kind: "ConversionReview",
            response: { uid, convertedObjects, result: { status: "Success" } },
          }),
        );
      });
    },
  );
  server.listen(0, network.hostAddress);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await cluster.client.patch(
    CUSTOM_RESOURCE_DEFINITIONS,
    { name: "sandboxes.agents.x-k8s.io" },
    {
      type: "json",
      body: [
        {
          op: "replace",
          path: "/spec/conversion/webhook/clientConfig",
          value: {
            url: `https://${network.hostAddress}:${port}/convert`,
            caBundle: Buffer.from(pki.ca).toString("base64"),
          },
        },
      ],
    },
  );
  return {
    get answered() {
      return answered;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function convert(object: Versioned, apiVersion: string): Versioned {
  const { replicas, operatingMode, ...spec } = object.spec ?? {};
  const mode = apiVersion.endsWith("/v1alpha1")
    ? { replicas: operatingMode === "Suspended" ? 0 : 1 }
    : { operatingMode: replicas === 0 ? "Suspended" : "Running" };
  return { ...object, apiVersion, spec: { ...spec, ...mode } };
}
