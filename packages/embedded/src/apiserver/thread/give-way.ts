import { readlinkSync } from "node:fs";
import { access } from "node:fs/promises";
import { getPriority, setPriority } from "node:os";

/** In the kernel's steps: with each, a thread gets about a fifth less when others want its core. */
const STEPS = 5;
const LOWEST = 19;
const OWN_THREAD = "/proc/thread-self";

/**
 * Lets the other threads of the process go first where cores are short, so that a long list does not hold up what the
 * gateway forwards. On Linux alone a priority belongs to a thread; elsewhere it would be the whole process's.
 */
export async function giveWay(): Promise<void> {
  if (process.platform !== "linux") return;
  // The threads for files and compression serve the whole process, and would inherit what their first user has: this
  // starts them before.
  await access(OWN_THREAD);
  const thread = Number(readlinkSync(OWN_THREAD).split("/").at(-1));
  setPriority(thread, Math.min(LOWEST, getPriority(thread) + STEPS));
}
