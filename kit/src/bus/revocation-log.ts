import { DiscardPolicy, jetstream, RetentionPolicy, StorageType, type JetStreamManager } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { keyOf, LONGEST_REVOCATION, revocationShape, type Revocation } from '../identity/revocations.ts';
import type { Bus } from './bus.ts';
import { isStreamMissing, managerOf } from './jetstream.ts';

/** Stream of all revocations of a graph; each kind and name keeps its last. */
export const REVOCATIONS = 'REVOCATIONS';
const SUBJECTS = 'hubgraph.revocations';
const API_TIMEOUT_MS = 3_000;

/** Follows the revocations of a graph in one process. */
export interface RevocationLog {
  /** Resolves once everything that was there has been heard. Rejects when `signal` aborts. */
  heard(signal: AbortSignal): Promise<void>;
  /** Milliseconds since it was last certain that nothing is unheard; infinite before the first time. */
  silence(): number;
  /** Safe to call twice. */
  close(): Promise<void>;
}

export interface RevocationLogOptions {
  readonly bus: Bus;
  /** Servers that keep the stream, when it has to be made. */
  readonly replicas: number;
  /** Gets each revocation in the order of the log; some may come twice. */
  readonly told: (revocation: Revocation) => void;
  readonly log: Logger;
  /** Milliseconds between two looks at the stream; default 1,000. */
  readonly every?: number;
}

/**
 * Looks at the end of the stream every second, and at once when a revocation passes by. There is no consumer that could
 * stall unnoticed: a look either gets an answer or has heard nothing.
 */
export function followRevocations({ bus, replicas, told, log, every = 1_000 }: RevocationLogOptions): RevocationLog {
  const closing = new AbortController();
  const { signal } = closing;
  const first = Promise.withResolvers<void>();
  let heardAt = Number.NEGATIVE_INFINITY;
  let made: string | undefined;
  let last = 0;
  let nudge = (): void => undefined;

  const look = async (connection: NatsConnection): Promise<void> => {
    const asked = performance.now();
    const manager = await managerOf(connection);
    const { created, state } = await manager.streams.info(REVOCATIONS).catch((error: unknown) => {
      if (isStreamMissing(error)) return openRevocations(manager, replicas);
      throw error;
    });
    // what was heard from a stream that is gone stays known until its time is over: better too strict
    if (made !== created) [made, last] = [created, 0];
    while (last < state.last_seq) {
      const message = await manager.direct.getMessage(REVOCATIONS, { seq: last + 1, next_by_subj: `${SUBJECTS}.>` });
      if (!message) break;
      const revocation = revocationIn(message.data);
      if (revocation) told(revocation);
      else log.warn({ stream: REVOCATIONS, seq: message.seq }, 'this is no revocation');
      last = message.seq;
    }
    heardAt = asked;
    first.resolve();
  };

  const run = async (): Promise<void> => {
    let listening: NatsConnection | undefined;
    while (!signal.aborted) {
      try {
        const connection = await bus.connected(signal);
        if (listening !== connection) {
          connection.subscribe(`${SUBJECTS}.>`, { callback: () => nudge() });
          listening = connection;
        }
        const nudged = new Promise<void>((resolve) => (nudge = resolve));
        await look(connection);
        await Promise.race([nudged, delay(every, undefined, { signal })]);
      } catch (error) {
        if (signal.aborted) break;
        log.debug({ stream: REVOCATIONS, reason: (error as Error).message }, 'revocations could not be looked at');
        await delay(every, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  const running = run();

  return {
    async heard(waiting) {
      const gone = Promise.withResolvers<never>();
      const give = (): void => gone.reject(waiting.reason);
      waiting.throwIfAborted();
      waiting.addEventListener('abort', give, { once: true });
      await Promise.race([first.promise, gone.promise]).finally(() => waiting.removeEventListener('abort', give));
    },
    silence: () => performance.now() - heardAt,
    async close() {
      closing.abort(new Error('the log of revocations is closed'));
      await running;
    },
  };
}

/**
 * Tells every gateway. Resolves when the stream has it for certain.
 *
 * @throws what NATS says when it cannot take it
 */
export async function publishRevocation(connection: NatsConnection, revocation: Revocation, replicas: number): Promise<void> {
  const manager = await managerOf(connection);
  await manager.streams.info(REVOCATIONS).catch((error: unknown) => {
    if (isStreamMissing(error)) return openRevocations(manager, replicas);
    throw error;
  });
  await jetstream(connection, { timeout: API_TIMEOUT_MS }).publish(`${SUBJECTS}.${keyOf(revocation)}`, JSON.stringify(revocation), { expect: { streamName: REVOCATIONS } });
}

/** Everything that the stream keeps, lifted ones and those whose time is over too. @throws what NATS says */
export async function readRevocations(connection: NatsConnection): Promise<Revocation[]> {
  const manager = await managerOf(connection);
  const found: Revocation[] = [];
  const info = await manager.streams.info(REVOCATIONS).catch((error: unknown) => {
    if (isStreamMissing(error)) return undefined;
    throw error;
  });
  for (let last = 0; info && last < info.state.last_seq; ) {
    const message = await manager.direct.getMessage(REVOCATIONS, { seq: last + 1, next_by_subj: `${SUBJECTS}.>` });
    if (!message) break;
    const revocation = revocationIn(message.data);
    if (revocation) found.push(revocation);
    last = message.seq;
  }
  return found;
}

function openRevocations(manager: JetStreamManager, replicas: number) {
  return manager.streams.add({
    name: REVOCATIONS, subjects: [`${SUBJECTS}.>`], description: 'Identities and tokens that are not trusted any more',
    retention: RetentionPolicy.Limits, storage: StorageType.File, discard: DiscardPolicy.Old, num_replicas: replicas,
    max_msgs_per_subject: 1, max_age: nanos(LONGEST_REVOCATION * 1_000), max_msg_size: 8_192, allow_direct: true,
  });
}

function revocationIn(data: Uint8Array): Revocation | undefined {
  try {
    const read = revocationShape.safeParse(JSON.parse(new TextDecoder().decode(data)));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}
