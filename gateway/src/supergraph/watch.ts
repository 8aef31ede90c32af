import { watch as watchFolder, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from 'pino';

/** Says when files may have changed, whether they are written in place, replaced, or links that are turned elsewhere. */
export interface FileWatch {
  stop(): void;
}

/** Milliseconds of quiet after which a change counts as finished: files that belong together are seldom written at once. */
const QUIET_MS = 250;
/** Milliseconds between two looks where the system tells nothing, as on some network disks. */
const LOOK_MS = 5_000;

/** Calls `changed` after every change in the folders of `paths`, and every few seconds; it looks for itself what is new. */
export function watchFiles(paths: readonly string[], changed: () => void, log: Logger): FileWatch {
  let quiet: NodeJS.Timeout | undefined;
  const stir = (): void => {
    clearTimeout(quiet);
    quiet = setTimeout(changed, QUIET_MS);
  };
  const watchers: FSWatcher[] = [];
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    try {
      const watcher = watchFolder(folder, { persistent: false }, stir);
      watcher.on('error', (error) => log.warn({ folder, err: error }, 'the folder cannot be watched; it is looked at every few seconds'));
      watchers.push(watcher);
    } catch (error) {
      log.warn({ folder, err: error }, 'the folder cannot be watched; it is looked at every few seconds');
    }
  }
  const looks = setInterval(changed, LOOK_MS).unref();
  return {
    stop() {
      clearTimeout(quiet);
      clearInterval(looks);
      for (const watcher of watchers) watcher.close();
    },
  };
}
