import type { TraceSampler } from "@sandgate/contract";

/** Whose word about recording there is: nobody's, that of one who is not believed, or that of one who is. */
export type ParentWord = "none" | "doubted" | "recorded" | "not recorded";

/**
 * Whether a trace is recorded.
 *
 * @param random - Another trace id, made here, for a trace whose id was chosen by one who is not believed: he would choose those
 * that are recorded.
 */
export type Sample = (traceId: string, parent: ParentWord, random: () => string) => boolean;

/** 52 bits: as many as a number holds exactly. */
const RANGE = 2 ** 52;

/** The share decides by a trace id's last bytes, so that all who are asked for the same share agree about each trace. */
export function createSampler(name: TraceSampler, ratio: number): Sample {
  const byParent = name.startsWith("parentbased_");
  const kind = byParent ? name.slice("parentbased_".length) : name;
  const share = kind === "always_on" ? 1 : kind === "always_off" ? 0 : ratio;
  const threshold = (1 - share) * RANGE;
  return (traceId, parent, random) => {
    if (byParent && parent === "recorded") return true;
    if (byParent && parent === "not recorded") return false;
    if (share === 0 || share === 1) return share === 1;
    return randomnessOf(parent === "doubted" ? random() : traceId) >= threshold;
  };
}

/** Of the seven bytes that a trace id has to have at random, the first 52 bits. */
function randomnessOf(traceId: string): number {
  return Number.parseInt(traceId.slice(18, 31), 16);
}
