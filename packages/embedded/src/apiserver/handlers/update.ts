import type { ResourceDefinition } from "../registry/resource-definition.ts";
import type { Answer } from "../server/answer.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { invalid } from "../server/api-error.ts";
import { modified } from "../server/status-errors.ts";
import { type Api, readObject } from "./api.ts";
import { requireEntry } from "./get.ts";
import { decodeObject } from "./object-rules.ts";
import { showObject } from "./show-object.ts";
import { updateObject } from "./update-object.ts";

/** An update without a version is made on whatever there is; a write in between means one more round. */
const ROUNDS = 5;

/** PUT of an object or of its status. */
export async function handleUpdate(api: Api, request: ApiRequest): Promise<Answer> {
  const { definition } = request;
  requireEntry(api, request);
  const body = await request.body();
  const { object: wanted, problems } = decodeObject(api, body?.value, definition, body?.duplicates);
  const name = request.resource.name ?? "";
  if (needsVersion(definition) && (wanted.metadata.resourceVersion ?? "") === "") {
    throw invalid(definition, name, [
      {
        field: "metadata.resourceVersion",
        reason: "FieldValueInvalid",
        message: "Invalid value: 0: must be specified for an update",
      },
    ]);
  }
  for (let round = 0; round < ROUNDS; round++) {
    const entry = requireEntry(api, request);
    const json = await updateObject(api, request, {
      entry,
      previous: await readObject(api, entry, definition),
      next: structuredClone(wanted),
      problems,
      recorded: false,
    });
    if (json !== undefined) return showObject(api, request, 200, json);
  }
  throw modified(definition, name);
}

/** Whether a PUT has to say from which state it was made. */
function needsVersion({ custom, strategy }: ResourceDefinition): boolean {
  return custom || strategy.needsVersion === true;
}
