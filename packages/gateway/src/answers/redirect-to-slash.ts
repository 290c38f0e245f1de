import { printPrefix, type PathAddress } from "@sandgate/contract";
import type { OwnAnswer } from "../engine/exchange-plan.ts";

/** Whether an address was written as `/user/sandbox`, without anything after it. */
export function lacksSlash(target: string, address: PathAddress): boolean {
  return !target.startsWith(`${printPrefix(address)}/`);
}

/** Relative references of a page are taken from the last slash: without this one they would lead out of the sandbox. */
export function redirectToSlash(address: PathAddress): OwnAnswer {
  const location = printPrefix(address) + address.rest;
  return { status: 307, headers: { Location: location, "Cache-Control": "no-store" }, body: "" };
}
