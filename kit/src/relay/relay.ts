import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { connectBus } from '../bus/bus.ts';
import type { Clock } from '../clock.ts';
import type { HubManifest, PartHealth } from '../hub.ts';
import { runPruner } from './prune.ts';
import { runPublisher } from './publishing.ts';
import { advance, STARTING, type RelayReport, type RelayStatus, type Reporter } from './report.ts';
import { runSequencer } from './sequencer.ts';
import { openSession, tryLead, type Session } from './session.ts';
import { DEFAULT_STREAM, type StreamSettings } from './stream.ts';
import { createWaker } from './waker.ts';

/** What a relay is made of. */
export interface RelayOptions {
  readonly databaseUrl: string;
  /** PostgreSQL schema of the hub. */
  readonly schema: string;
  /** Without it events get their positions and stay in the outbox. */
  readonly natsUrl?: string;
  readonly manifest: HubManifest;
  readonly settings?: StreamSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reporter?: Reporter;
}

/** Carries one hub's outbox into its stream. */
export interface Relay {
  /** Ready while it publishes, or stands by for another process that does. */
  health(): PartHealth;
  status(): RelayStatus;
  /** Says that rows were committed just now. Call it after the commit, outside of the transaction. */
  wake(): void;
  /** Gives up the lock and ends both connections. Safe to call twice. */
  stop(): Promise<void>;
}

const LOCK_POLL_MS = 100;
const RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;

/**
 * Starts the relay of one hub; returns at once and keeps going through restarts of PostgreSQL and NATS.
 *
 * Of all processes that start one for the same hub, the one with the PostgreSQL session lock leads and the others stand
 * by. Everything a leader publishes it has read through that same session, so without the lock there is nothing to
 * publish; and should an old leader still have messages under way, the stream refuses all that are not the next ones.
 */
export function startRelay(options: RelayOptions): Relay {
  const { schema, log } = options;
  const part = `${options.manifest.name}.relay`;
  const stopping = new AbortController();
  const bus = options.natsUrl === undefined ? undefined : connectBus(options.natsUrl, log, `hubgraph relay ${schema}`);
  const sequencerWaker = createWaker();
  let status: RelayStatus = STARTING;

  const report = (event: RelayReport): void => {
    status = advance(status, event);
    options.reporter?.(event);
  };

  const term = async (session: Session): Promise<void> => {
    const ending = new AbortController();
    const signal = AbortSignal.any([stopping.signal, session.lost, ending.signal]);
    const publisherWaker = createWaker();
    const tasks = [runSequencer(session, { waker: sequencerWaker, placed: () => publisherWaker.wake(), report, signal })];
    if (bus !== undefined) {
      const shared = { session, bus, manifest: options.manifest, settings: options.settings ?? DEFAULT_STREAM, clock: options.clock, log, report, signal };
      tasks.push(runPublisher({ ...shared, waker: publisherWaker }), runPruner(shared));
    }
    // the first failure ends the term for all of them
    const ended = tasks.map((task) => task.catch((error: unknown) => {
      ending.abort(error);
      throw error;
    }));
    const failed = (await Promise.allSettled(ended)).find((end) => end.status === 'rejected');
    if (failed && !stopping.signal.aborted) throw session.lost.aborted ? session.lost.reason : failed.reason;
  };

  const run = async (): Promise<void> => {
    let retry = RETRY_MS;
    let told: string | undefined;
    while (!stopping.signal.aborted) {
      let session: Session | undefined;
      try {
        session = await openSession(options.databaseUrl, schema);
        if (await lead(session)) {
          report({ kind: 'leading' });
          retry = RETRY_MS;
          told = undefined;
          await term(session);
        }
      } catch (error) {
        const reason = (error as Error).message;
        if (reason !== told) log.warn({ part, reason }, 'relay lost PostgreSQL; trying again');
        told = reason;
        report({ kind: 'lost', reason });
        await delay(retry, undefined, { signal: stopping.signal }).catch(() => undefined);
        retry = Math.min(retry * 2, MAX_RETRY_MS);
      } finally {
        await session?.close();
      }
    }
  };

  const lead = async (session: Session): Promise<boolean> => {
    let told = false;
    while (!stopping.signal.aborted) {
      if (await tryLead(session, schema)) return true;
      if (!told) report({ kind: 'standby' });
      told = true;
      await delay(LOCK_POLL_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    return false;
  };

  const running = run();
  let stopped: Promise<void> | undefined;
  return {
    wake: () => sequencerWaker.wake(),
    status: () => status,
    health() {
      const reason = status.alarm ?? status.trouble ?? (status.role === 'leading' || status.role === 'standby' ? undefined : `the relay is ${status.role}`);
      return reason === undefined ? { part, ready: true } : { part, ready: false, reason };
    },
    stop() {
      stopped ??= (async () => {
        stopping.abort();
        await running;
        await bus?.close();
        status = { ...status, role: 'stopped' };
      })();
      return stopped;
    },
  };
}
