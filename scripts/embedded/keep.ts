import { setTimeout as delay } from 'node:timers/promises';
import type { Exit } from './processes.ts';

/** A server process that listens on a port. */
export interface Kept {
  readonly port: number;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stop(): Promise<void>;
}

/** What happens to a kept server; `failed` is the last word. */
export interface KeepEvents {
  up(server: Kept): void;
  /** It ended unasked and is started again on the same port; `up` follows. */
  ended(exit: Exit): void;
  failed(error: Error): void;
}

const LONGEST_PAUSE_MS = 5_000;
/** A server that ran this long was healthy: the next crash starts counting anew. */
const HEALTHY_MS = 10_000;

/**
 * Starts a server and starts it again whenever it ends unasked, with pauses that double up to 5 s.
 * A first start that fails is `failed` at once: waiting would not help it.
 *
 * @param crashesInARow how many are borne before it is `failed`
 * @param excused asked after every crash: while it is true, such as with a full disk, all of them are borne
 */
export function keepRunning(start: (port?: number) => Promise<Kept>, on: KeepEvents, crashesInARow: number, excused: () => boolean = () => false): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let server: Kept | undefined;

  const loop = async (): Promise<void> => {
    for (let crashes = 0, port: number | undefined; !stopping.signal.aborted;) {
      try {
        const began = performance.now();
        server = await start(port);
        port = server.port;
        if (stopping.signal.aborted) return await server.stop();
        on.up(server);
        const exit = await server.exited;
        if (stopping.signal.aborted) return;
        on.ended(exit);
        crashes = performance.now() - began > HEALTHY_MS ? 1 : crashes + 1;
        if (crashes > crashesInARow && !excused()) return on.failed(new Error(`it ended ${crashes} times in a row`));
      } catch (error) {
        // a restart may only have to wait for the remains of the old process
        if (port === undefined || (++crashes > crashesInARow && !excused())) return on.failed(error as Error);
      }
      if (crashes > 1) await delay(Math.min(50 * 2 ** crashes, LONGEST_PAUSE_MS), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };

  const ended = loop();
  return {
    async stop() {
      stopping.abort();
      await server?.stop();
      // one that was just starting is stopped by the loop
      await ended;
    },
  };
}
