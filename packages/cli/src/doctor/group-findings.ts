import type { Finding } from "./finding.ts";
import { FINDINGS, type FindingId } from "./findings.ts";

/** Findings that say the same of several things. */
export interface FindingGroup {
  id: FindingId;
  title: string;
  detail: string;
  /** Whom it is about, the first few. */
  subjects: readonly string[];
  /** How many it is about. */
  count: number;
  remedy: string;
  /** For the first of them. */
  command: string;
}

const SUBJECTS = 3;
const GROUPS_OF_ONE_ID = 5;

/** One group for each thing said, most subjects first within an id; the rest of an id's are counted in its last group. */
export function groupFindings(findings: readonly Finding[]): FindingGroup[] {
  return [...Map.groupBy(findings, ({ id }) => id)].flatMap(([id, ones]) => {
    const byDetail = [...Map.groupBy(ones, ({ detail }) => detail).values()];
    const sorted = byDetail.toSorted((a, b) => b.length - a.length);
    const told = sorted.slice(0, GROUPS_OF_ONE_ID).map((group) => groupOf(id, group));
    const rest = sorted.slice(GROUPS_OF_ONE_ID).flat();
    return rest.length === 0 ? told : [...told, { ...groupOf(id, rest), detail: "for other reasons" }];
  });
}

function groupOf(id: FindingId, group: readonly Finding[]): FindingGroup {
  const { title, remedy } = FINDINGS[id];
  const subjects = group.map(({ subject }) => subject).filter((subject) => subject !== "");
  const [first] = group;
  return {
    id,
    title,
    detail: first?.detail ?? "",
    subjects: subjects.slice(0, SUBJECTS),
    count: group.length,
    remedy,
    command: first?.command ?? "",
  };
}
