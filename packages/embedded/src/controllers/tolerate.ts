import { isAlreadyExists, isConflict, isNotFound } from "@sandgate/kube";

/** What a write answered, or undefined where the object is there already: its event is still under way. */
export async function tolerateExisting<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (isAlreadyExists(error)) return undefined;
    throw error;
  }
}

/** What a write answered, or undefined where the object is gone: there is nothing left to write. */
export async function tolerateMissing<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * The same, and also where the object has changed since: the version that the write was planned on is old, and the event
 * of the newer one has the object looked at again.
 */
export async function tolerateStale<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return undefined;
    throw error;
  }
}
