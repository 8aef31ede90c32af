import type { Reporter, Transport } from '../observe/reporter.ts';
import type { Delivery } from './topics.ts';

/** Counts to how many clients one event was written, so that ten thousand of them cost a few reports and not as many. */
export interface Tally {
  /** One more, over this transport. */
  add(transport: Transport): void;
  /** Tells what was counted since the last time, as written at this moment. */
  tell(): void;
}

const TRANSPORTS: readonly Transport[] = ['ws', 'sse', 'multipart'];

/** An empty one for `delivery`. */
export function createTally({ hub, entry, replayed }: Delivery, reporter: Reporter): Tally {
  const counts = { ws: 0, sse: 0, multipart: 0 };
  const changed = replayed ? undefined : Date.parse(entry.event.time);
  return {
    add(transport) {
      counts[transport]++;
    },
    tell() {
      // clocks of hubs may be ahead of ours
      const lag = changed === undefined ? undefined : Math.max(0, Date.now() - changed);
      for (const transport of TRANSPORTS) {
        if (counts[transport] === 0) continue;
        reporter.report('frames.written', { hub, transport, clients: counts[transport], lag });
        counts[transport] = 0;
      }
    },
  };
}
