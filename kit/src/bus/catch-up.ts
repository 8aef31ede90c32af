import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { Bus } from './bus.ts';
import { epochOf, messageOf, type StreamMessage } from './message.ts';

/** Reads older parts of a stream for readers behind the ring. */
export interface CatchUp {
  /**
   * The next messages from `seq` on, in order; the first may lie further on when those between are gone. Empty when the
   * stream has none yet, or when the messages there are of another epoch than `epoch`.
   *
   * @throws what NATS says when it cannot answer; the caller tries again.
   */
  read(epoch: string, seq: number, signal: AbortSignal): Promise<StreamMessage[]>;
  /** Reads under way and waiting. */
  readonly active: number;
  readonly waiting: number;
}

const AT_ONCE = 8;
const BATCH = 500;
const BATCH_BYTES = 1024 * 1024;
const SILENCE_MS = 3_000;

/**
 * Catch-up by JetStream's batched direct get: a request and its answers, nothing that the server has to keep, so there is
 * no consumer to leak. At most eight reads at once per stream; a reader holds its place only while it reads, not while
 * its client takes what was read.
 */
export function createCatchUp(bus: Bus, stream: string): CatchUp {
  const queue: (() => void)[] = [];
  let active = 0;
  const leave = (): void => {
    active--;
    queue.shift()?.();
  };
  const enter = async (): Promise<void> => {
    if (active >= AT_ONCE) await new Promise<void>((resolve) => void queue.push(resolve));
    active++;
  };
  return {
    get active() { return active; },
    get waiting() { return queue.length; },
    async read(epoch, seq, signal) {
      await enter();
      try {
        signal.throwIfAborted();
        return await getBatch(await bus.connected(signal), stream, epoch, seq);
      } finally {
        leave();
      }
    },
  };
}

/** The library's own `getBatch` neither ends its subscription nor notices that answers stop coming. */
function getBatch(connection: NatsConnection, stream: string, epoch: string, seq: number): Promise<StreamMessage[]> {
  return new Promise((resolve, reject) => {
    const inbox = createInbox();
    const found: StreamMessage[] = [];
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      subscription.unsubscribe();
      // what has arrived is good, whatever came after it
      if (error && found.length === 0) reject(error);
      else resolve(found);
    };
    const receive = (error: Error | null, message: Msg): void => {
      if (error) return finish(error);
      timer.refresh();
      const code = message.headers?.code ?? 0;
      if (code === 204 || code === 404) return finish();
      if (code !== 0) return finish(new Error(`reading ${stream} from ${seq}: ${message.headers?.description} (${code})`));
      const at = Number(message.headers?.get('Nats-Sequence'));
      const before = found.at(-1)?.seq;
      if (before !== undefined && at !== before + 1) return finish();
      const written = epochOf(message.headers, at);
      if (written !== undefined && written !== epoch) return finish();
      found.push(written === undefined ? { seq: at, event: undefined, raw: message.data } : messageOf(at, message.data));
    };
    const subscription = connection.subscribe(inbox, { callback: receive });
    const timer = setTimeout(() => finish(new Error(`reading ${stream} from ${seq}: no answer`)), SILENCE_MS);
    connection.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify({ seq, batch: BATCH, max_bytes: BATCH_BYTES }), { reply: inbox });
  });
}
