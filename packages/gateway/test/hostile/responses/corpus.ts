/** Every hostile answer, by its subject. */
import { interimAnswers, responseChunks, responseLengths } from "./framing.ts";
import { responseFields, statusLines } from "./heads.ts";
import type { HostileResponse } from "./message.ts";

export const HOSTILE_RESPONSES: Readonly<Record<string, readonly HostileResponse[]>> = {
  "Status line": statusLines,
  "Headers of answers": responseFields,
  "Where an answer ends": responseLengths,
  "Interim answers": interimAnswers,
  "Chunks of answers": responseChunks,
};
