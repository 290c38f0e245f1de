import type { OwnAnswer } from "../engine/exchange-plan.ts";

/** A small answer of the gateway's own. */
export function jsonAnswer(status: number, value: unknown): OwnAnswer {
  return {
    status,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
    body: `${JSON.stringify(value)}\n`,
  };
}
