import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Bus } from '../bus/bus.ts';
import type { HubManifest } from '../hub.ts';
import { publish } from './publisher.ts';
import type { Reporter } from './report.ts';
import type { Session } from './session.ts';
import { checkTail, openStream, StreamAlarm, type StreamSettings } from './stream.ts';
import type { Waker } from './waker.ts';

/** What publishing needs of the relay's term. */
export interface Publishing {
  readonly session: Session;
  readonly bus: Bus;
  readonly manifest: HubManifest;
  readonly settings: StreamSettings;
  readonly log: Logger;
  readonly report: Reporter;
  readonly signal: AbortSignal;
  /** Woken when there are new positions. */
  readonly waker: Waker;
}

const RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;
/** How often a contradiction between stream and database is looked at again, until an operator has solved it. */
const ALARM_POLL_MS = 1_000;

/**
 * Publishes for one term: opens the stream at its tail, publishes, and after any failure begins again at the tail.
 *
 * @throws only when PostgreSQL is lost; everything that NATS does is waited out.
 */
export async function runPublisher(deps: Publishing): Promise<void> {
  const { session, manifest, log, report, signal } = deps;
  const part = `${manifest.name}.relay`;
  let retry = RETRY_MS;
  let told: string | undefined;
  while (!signal.aborted) {
    try {
      await publishOnce(deps, () => {
        retry = RETRY_MS;
        told = undefined;
      });
    } catch (error) {
      if (signal.aborted || session.lost.aborted) break;
      // what repeats is said once
      const reason = (error as Error).message;
      if (error instanceof StreamAlarm) {
        if (reason !== told) log.error({ part, alarm: reason }, 'ALARM: nothing is published until an operator decides which is right; see docs/decisions/0003, "After an alarm"');
        report({ kind: 'alarm', reason });
        await pause(ALARM_POLL_MS, signal);
      } else {
        if (reason !== told) log.warn({ part, reason }, 'publishing was interrupted; going on from the tail of the stream');
        report({ kind: 'interrupted', reason });
        await pause(retry, signal);
        retry = Math.min(retry * 2, MAX_RETRY_MS);
      }
      told = reason;
    }
  }
  session.lost.throwIfAborted();
}

/** From opening the stream to the first failure. `going` is called when messages get through. */
async function publishOnce({ session, bus, manifest, settings, report, signal, waker }: Publishing, going: () => void): Promise<void> {
  if (bus.connection() === undefined) report({ kind: 'interrupted', reason: bus.trouble() ?? 'NATS is not connected' });
  const connection = await bus.connected(signal);
  const ending = new AbortController();
  const unlisten = bus.onChange(() => ending.abort(new Error(bus.trouble() ?? 'NATS was reconnected')));
  // what is on its way to a stream that was just deleted is never answered
  const deleted = connection.subscribe(`$JS.EVENT.ADVISORY.STREAM.DELETED.${manifest.stream}`, { callback: () => ending.abort(new Error(`stream ${manifest.stream} was deleted`)) });
  try {
    const opened = await openStream(session, connection, manifest, settings);
    report({ kind: 'opened', epoch: opened.epoch, next: opened.next, refillTo: opened.refillTo });
    const keep = bookkeeper(session, opened.epoch);
    keep(opened.next - 1);
    const confirmed = (last: number, milliseconds: number): void => {
      going();
      keep(last);
      report({ kind: 'published', last, milliseconds });
    };
    const publication = { stream: manifest.stream, epoch: opened.epoch, next: opened.next, refillTo: opened.refillTo };
    await publish(session, connection, publication, { waker, confirmed, idle: (last) => checkTail(connection, manifest.stream, last), signal: AbortSignal.any([signal, ending.signal]) });
    ending.signal.throwIfAborted();
  } finally {
    deleted.unsubscribe();
    unlisten();
  }
}

/**
 * Writes down the last confirmed position, one statement at a time, whatever has come together meanwhile. It is a hint, so
 * it does not wait for the disk (positions do: one that the stream has seen must not be given again).
 */
function bookkeeper(session: Session, epoch: string): (last: number) => void {
  let latest = -1;
  let written = -1;
  let writing = false;
  const write = async (): Promise<void> => {
    writing = true;
    while (written !== latest) {
      const last = latest;
      await session.query(
        `UPDATE "outboxState" SET "published" = $1 FROM (SELECT set_config('synchronous_commit', 'off', true)) AS "noWait" WHERE "epoch" = $2 AND "published" <> $1`,
        [last, epoch],
      );
      written = last;
    }
    writing = false;
  };
  return (last) => {
    latest = Math.max(latest, last);
    // a failure ends the session, which everybody watches
    if (!writing) void write().catch(() => undefined);
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
