import type { Clock } from '@hubgraph/kit/clock';
import { PublicError } from '@hubgraph/kit/errors';
import type { Identity } from '@hubgraph/kit/identity';
import { newId } from '@hubgraph/kit/ids';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { lifetime } from './admit.ts';
import { closing, type Closing } from './closing.ts';
import type { Operation } from './operation.ts';
import type { Sink, Subscriber } from './subscriber.ts';

/** The way to one client as a session sees it; each transport has its own. */
export interface Wire {
  /** Where the events of the operation `id` go. */
  sink(id: string): Sink;
  /** Tells where each subscription may resume, by its id: the last thing before a stop. Must not wait. */
  farewell(cursors: Readonly<Record<string, string>>): void;
  /** Ends the connection and says why as far as the transport can. Safe to call twice. */
  close(why: Closing): void;
}

/** What one client has going over one connection, whatever the transport. */
export interface Session {
  readonly name: string;
  readonly wire: Wire;
  /** Set once it is known who the client is; its end ends the session. */
  identity: Identity | undefined;
  /** Whether the token's time is over or the gateway stops: nothing new begins. */
  readonly ending: boolean;
  /** Operations by id. */
  readonly operations: Map<string, Operation>;
  /** Subscriptions by id. */
  readonly subscribers: Map<string, Subscriber>;
  /** Ends everything because the connection is gone. */
  gone(): void;
  /** Tells the client where it may resume, and closes. */
  stop(): Promise<void>;
}

/** Milliseconds that queries and mutations get to finish when their connection must close. */
const LAST_CHANCE_MS = 2_000;

/** A session over `wire` without anything going. */
export function createSession(wire: Wire, clock: Clock): Session {
  const operations = new Map<string, Operation>();
  const subscribers = new Map<string, Subscriber>();
  let ending = false;
  let isGone = false;
  let identity: Identity | undefined;
  let life: Disposable | undefined;

  /** Queries and mutations may finish what they do. */
  const lastChance = async (): Promise<void> => {
    const running = [...operations.values()].filter(({ kind }) => kind !== 'subscription').map(({ finished }) => finished);
    if (running.length > 0) await Promise.race([Promise.all(running), delay(LAST_CHANCE_MS, undefined, { ref: false })]);
    // what they answered goes out first
    await turn();
  };

  const expire = async (): Promise<void> => {
    ending = true;
    for (const [id, operation] of operations) {
      if (operation.kind !== 'subscription') continue;
      const cursor = subscribers.get(id)?.cursor();
      operation.stop(new PublicError('UNAUTHENTICATED', 'The token\'s time is over.', cursor === undefined ? {} : { cursor }));
    }
    await lastChance();
    wire.close(closing.tokenExpired);
  };

  return {
    name: newId(),
    wire, operations, subscribers,
    get identity() { return identity; },
    set identity(accepted) {
      life?.[Symbol.dispose]();
      identity = accepted;
      // the connection may have gone while the token was looked at
      if (accepted && !isGone) life = lifetime(accepted, clock, () => void expire());
    },
    get ending() { return ending; },
    gone() {
      isGone = true;
      life?.[Symbol.dispose]();
      // subscribers first: stopping their operation would end them as if the client had said so
      for (const subscriber of [...subscribers.values()]) subscriber.end('socket');
      for (const operation of [...operations.values()]) operation.stop();
    },
    async stop() {
      ending = true;
      await lastChance();
      const cursors = Object.fromEntries([...subscribers].flatMap(([id, subscriber]) => {
        const cursor = subscriber.cursor();
        return cursor === undefined ? [] : [[id, cursor]];
      }));
      wire.farewell(cursors);
      for (const subscriber of subscribers.values()) subscriber.end('stop');
      wire.close(closing.goingAway);
    },
  };
}
