import { setTimeout as delay } from 'node:timers/promises';
import type { Transport } from '../observe/reporter.ts';
import type { Session } from './session.ts';

/** One connection of a client, as the gateway keeps it, whatever the transport. */
export interface Client {
  readonly session: Session;
  readonly transport: Transport;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  /** Called at every keep-alive period. */
  beat(): void;
  /** Ends the connection without another word. */
  cut(): void;
}

/** The connections of one gateway. */
export interface Clients extends Iterable<Client> {
  readonly size: number;
  /** Keeps a client until it is gone. */
  add(client: Client): void;
  /**
   * Stops all sessions, each at a moment of its own within `spread` milliseconds, and cuts who does not answer. Fewer than
   * {@link MANY} take less time in proportion: they come back to gateways that have the room for them.
   */
  stop(spread: number): Promise<void>;
}

/** Milliseconds for clients to answer the close; those that do not are cut. */
const FAREWELL_MS = 1_000;
/** So many clients and more are stopped over the whole time that a stop may take. */
const MANY = 10_000;
/** The heartbeats of a period are spread over so many moments: ten thousand at once would hold up events. */
const MOMENTS = 20;

/** Keeps nobody yet; `period` is in milliseconds. */
export function keepClients(period: number): Clients {
  const clients = new Set<Client>();
  const moments = Array.from({ length: MOMENTS }, () => new Set<Client>());
  let next = 0;
  let now = 0;
  const heart = setInterval(() => {
    now = (now + 1) % MOMENTS;
    for (const client of moments[now] ?? []) client.beat();
  }, period / MOMENTS);
  heart.unref();
  return {
    get size() { return clients.size; },
    [Symbol.iterator]: () => clients.values(),
    add(client) {
      const moment = moments[next++ % MOMENTS];
      clients.add(client);
      moment?.add(client);
      void client.closed.then(() => {
        clients.delete(client);
        moment?.delete(client);
      });
    },
    async stop(spread) {
      const leaving = [...clients];
      const closed = leaving.map((client) => client.closed);
      const slot = spread * Math.min(1 / MANY, 1 / Math.max(1, leaving.length));
      await Promise.all(leaving.map(async (client, index) => {
        // who goes by itself meanwhile is not waited for
        const waiting = new AbortController();
        void client.closed.then(() => waiting.abort());
        await delay(slot * (index + Math.random()), undefined, { signal: waiting.signal }).catch(() => undefined);
        if (!waiting.signal.aborted) await client.session.stop();
      }));
      clearInterval(heart);
      await Promise.race([Promise.all(closed), delay(FAREWELL_MS, undefined, { ref: false })]);
      for (const client of clients) client.cut();
    },
  };
}
