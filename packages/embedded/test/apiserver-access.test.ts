import { readFileSync, statSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type TestServer, openTestServer } from "./support/apiserver-client.ts";

const REVIEWS = "/apis/authorization.k8s.io/v1";

describe("who may use the API server", () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await openTestServer();
  });
  afterAll(() => test.close());

  it("answers nobody but for health and version", async () => {
    const nobody = { token: null };
    for (const path of ["/readyz", "/livez", "/healthz", "/version"]) {
      expect((await test.call("GET", path, undefined, nobody)).status).toBe(200);
    }
    for (const path of ["/api", "/apis", "/api/v1/pods", "/openapi/v2", "/nothing", "/readyz/../api"]) {
      expect([path, (await test.call("GET", path, undefined, nobody)).status]).toEqual([path, 401]);
    }
    const wrong = await test.call("GET", "/api/v1/pods", undefined, { token: "x".repeat(43) });
    expect(wrong.json).toMatchObject({ reason: "Unauthorized", code: 401 });
  });

  it("knows its own parts by their tokens", async () => {
    for (const user of ["admin", "controllers", "node", "gateway"] as const) {
      const { token } = test.server.access(user);
      const call = { token: String(token) };
      const reply = await test.call(
        "POST",
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        { kind: "SelfSubjectReview", apiVersion: "authentication.k8s.io/v1", metadata: {} },
        call,
      );
      expect(reply.status).toBe(201);
      expect(reply.json.status).toMatchObject({
        userInfo: { groups: expect.arrayContaining(["system:authenticated"]) },
      });
    }
  });

  it("knows the administrator by the certificate in the kubeconfig, and no certificate of another CA", async () => {
    const config = parse(readFileSync(test.server.kubeconfigPath, "utf8")) as {
      clusters: { cluster: Record<string, string> }[];
      users: { user: Record<string, string> }[];
    };
    const decode = (text: string | undefined): Buffer => Buffer.from(text ?? "", "base64");
    const user = config.users[0]?.user ?? {};
    const status = await new Promise((resolve, reject) => {
      httpsRequest(
        new URL("/api/v1/namespaces", test.server.url),
        {
          ca: decode(config.clusters[0]?.cluster["certificate-authority-data"]),
          cert: decode(user["client-certificate-data"]),
          key: decode(user["client-key-data"]),
        },
        (response) => resolve(response.resume().statusCode),
      )
        .on("error", reject)
        .end();
    });
    expect(status).toBe(200);
    const other = await openTestServer();
    const foreign = parse(readFileSync(other.server.kubeconfigPath, "utf8")) as typeof config;
    const theirs = foreign.users[0]?.user ?? {};
    const refused = await new Promise((resolve) => {
      httpsRequest(
        new URL("/api/v1/namespaces", test.server.url),
        {
          rejectUnauthorized: false,
          cert: decode(theirs["client-certificate-data"]),
          key: decode(theirs["client-key-data"]),
        },
        (response) => resolve(response.resume().statusCode),
      )
        .on("error", () => resolve("refused"))
        .end();
    });
    await other.close();
    expect([401, "refused"]).toContain(refused);
  });

  it("keeps its folder and its secrets to their owner", () => {
    const mode = (path: string): number => statSync(path).mode & 0o777;
    expect(mode(test.dataDir)).toBe(0o700);
    expect(mode(join(test.dataDir, "pki"))).toBe(0o700);
    expect(mode(test.server.kubeconfigPath)).toBe(0o600);
    for (const file of ["ca.key", "serving.key", "admin.key", "tokens.json", "service-account.key"]) {
      expect(mode(join(test.dataDir, "pki", file))).toBe(0o600);
    }
  });

  it("lets nobody act as somebody else", async () => {
    const headers = { "Impersonate-User": "somebody" };
    const reply = await test.call("GET", "/api/v1/pods", undefined, { headers });
    expect(reply.status).toBe(403);
    const group = await test.call("GET", "/api/v1/pods", undefined, {
      headers: { "Impersonate-Group": "x" },
    });
    expect(group.status).toBe(403);
  });

  it("knows a ServiceAccount by its token, lets it do nothing, and forgets it with the account", async () => {
    const accounts = "/api/v1/namespaces/default/serviceaccounts";
    await test.call("POST", accounts, { metadata: { name: "robot" } });
    const issued = await test.call("POST", `${accounts}/robot/token`, {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      spec: { expirationSeconds: 3600 },
    });
    expect(issued.status).toBe(201);
    const { token } = issued.json.status as { token: string };
    const denied = await test.call("GET", "/api/v1/namespaces/default/pods", undefined, { token });
    expect(denied.status).toBe(403);
    expect(denied.json.message).toBe(
      'pods is forbidden: User "system:serviceaccount:default:robot" cannot list resource "pods" ' +
        'in API group "" in the namespace "default"',
    );
    const review = async (): Promise<unknown> =>
      (await test.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", { spec: { token } })).json
        .status;
    expect(await review()).toMatchObject({
      authenticated: true,
      user: { username: "system:serviceaccount:default:robot" },
    });
    const forged = `${token.slice(0, -6)}AAAAAA`;
    expect((await test.call("GET", "/api/v1/pods", undefined, { token: forged })).status).toBe(401);
    await test.call("DELETE", `${accounts}/robot`);
    await test.call("POST", accounts, { metadata: { name: "robot" } });
    expect((await test.call("GET", "/api/v1/pods", undefined, { token })).status).toBe(401);
    expect(await review()).toMatchObject({ authenticated: false });
  });

  it("answers who may do what", async () => {
    const attributes = { resourceAttributes: { verb: "get", resource: "pods" } };
    const self = await test.call("POST", `${REVIEWS}/selfsubjectaccessreviews`, { spec: attributes });
    expect(self.json.status).toMatchObject({ allowed: true });
    const ask = (user: string): Promise<unknown> =>
      test
        .call("POST", `${REVIEWS}/subjectaccessreviews`, { spec: { ...attributes, user } })
        .then((reply) => reply.json.status);
    expect(await ask("sandgate-gateway")).toMatchObject({ allowed: true });
    expect(await ask("system:serviceaccount:default:default")).toMatchObject({ allowed: false });
    const rules = await test.call("POST", `${REVIEWS}/selfsubjectrulesreviews`, {
      spec: { namespace: "default" },
    });
    expect(rules.json.status).toMatchObject({ resourceRules: [{ verbs: ["*"] }] });
    expect((await test.call("POST", `${REVIEWS}/selfsubjectaccessreviews`, { spec: {} })).status).toBe(422);
    expect((await test.call("GET", `${REVIEWS}/selfsubjectaccessreviews`)).status).toBe(405);
  });
});
