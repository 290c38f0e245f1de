import { watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Editors and Kubernetes change a file in several steps. */
const SETTLE_MS = 50;

/**
 * Calls back when one of the files may have changed. Their folders are watched: editors and Kubernetes replace a file instead of
 * writing into it.
 *
 * @returns What ends it.
 */
export function followFiles(paths: readonly string[], onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watchers = [...new Set(paths.map((path) => dirname(path)))].map((folder) => {
    const names = new Set(paths.filter((path) => dirname(path) === folder).map((path) => basename(path)));
    return watch(folder, { persistent: false }, (_event, name) => {
      if (name !== null && !names.has(name) && !name.startsWith("..")) return;
      clearTimeout(timer);
      timer = setTimeout(onChange, SETTLE_MS);
    });
  });
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
