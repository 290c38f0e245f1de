import {
  createCounterMemory,
  openSharedCounters,
  type CounterMemory,
  type SharedCounters,
} from "./shared-counters.ts";

/** What is counted for the whole gateway where several threads serve. A limit more is a member more, here and nowhere else. */
const SUBJECTS = ["sandboxRequests", "clientConnections"] as const;

type Subject = (typeof SUBJECTS)[number];

/** Each by its own key: the requests under way of a sandbox by its UID, the connections of clients by their network. */
export type SharedLimits = Readonly<Record<Subject, SharedCounters>>;
export type SharedLimitMemory = Readonly<Record<Subject, CounterMemory>>;

/** By the main thread, once. */
export function createSharedLimitMemory(workers: number): SharedLimitMemory {
  return each(() => createCounterMemory(workers));
}

/** @param worker - Which of the threads this is, from 0. */
export function openSharedLimits(memory: SharedLimitMemory, worker: number): SharedLimits {
  return each((subject) => openSharedCounters(memory[subject], worker));
}

function each<T>(make: (subject: Subject) => T): Record<Subject, T> {
  return Object.fromEntries(SUBJECTS.map((subject) => [subject, make(subject)])) as Record<Subject, T>;
}
