import { PublicError } from '@hubgraph/kit/errors';
import type { Identity } from '@hubgraph/kit/identity';
import { newId } from '@hubgraph/kit/ids';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { Refused } from '../query/engine.ts';
import { authorisationClass } from './admit.ts';
import type { Ground } from './begin.ts';
import { closing, comeBack, type Closing } from './closing.ts';
import type { Operation } from './operation.ts';
import type { Sink, Subscriber } from './subscribe.ts';
import type { Renewal, Tenure, TenureEnd } from './tenure.ts';

/** The way to one client as a session sees it; each transport has its own. */
export interface Wire {
  /** Where the events of the operation `id` go. */
  sink(id: string): Sink;
  /**
   * Tells where each subscription may resume, by its id, and after how many milliseconds: the last thing before a stop.
   * Must not wait.
   */
  farewell(cursors: Readonly<Record<string, string>>, retryAfter: number): void;
  /** Tells that the token ends at this moment unless it is renewed. Must not wait. */
  expiring?(expiresAt: Date): void;
  /** Ends the connection and says why as far as the transport can. Safe to call twice. */
  close(why: Closing): void;
}

/** What one client has going over one connection, whatever the transport. */
export interface Session {
  readonly name: string;
  readonly wire: Wire;
  /** Set once it is known who the client is; the end of the token and its revocation end the session. */
  identity: Identity | undefined;
  /**
   * Goes on with another token of the same subject, given as in an `Authorization` header. With other rights the
   * subscriptions go on as those let them, and get new cursors; which they do not let end with `FORBIDDEN` and cursor.
   */
  renew(authorization: string | undefined): Promise<Renewal>;
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
export function createSession(wire: Wire, { engine, tenures }: Pick<Ground, 'engine' | 'tenures'>): Session {
  const operations = new Map<string, Operation>();
  const subscribers = new Map<string, Subscriber>();
  let ending = false;
  let isGone = false;
  let tenure: Tenure | undefined;

  /** Queries and mutations may finish what they do. */
  const lastChance = async (): Promise<void> => {
    const running = [...operations.values()].filter(({ kind }) => kind !== 'subscription').map(({ finished }) => finished);
    if (running.length > 0) await Promise.race([Promise.all(running), delay(LAST_CHANCE_MS, undefined, { ref: false })]);
    // what they answered goes out first
    await turn();
  };

  const ended = async (why: TenureEnd): Promise<void> => {
    ending = true;
    const error = (cursor?: string): PublicError => why === 'revoked'
      ? new PublicError('UNAUTHENTICATED', 'This token was revoked.', { reason: why })
      : new PublicError('UNAUTHENTICATED', 'The token\'s time is over.', { reason: why, cursor });
    for (const subscriber of subscribers.values()) subscriber.fail(error);
    for (const [id, operation] of operations) if (operation.kind === 'subscription' && !subscribers.has(id)) operation.stop(error());
    // who is not trusted does not get what is still on its way
    if (why === 'revoked') await turn();
    else await lastChance();
    wire.close(why === 'revoked' ? closing.tokenRevoked : closing.tokenExpired);
  };

  /** Lets a subscription go on for another identity, or ends it. */
  const serve = async (subscriber: Subscriber, identity: Identity): Promise<void> => {
    const prepared = await engine.prepare({ ...subscriber.served.prepared.asked, identity });
    try {
      if (prepared instanceof Refused) throw new PublicError(prepared.code, prepared.message, prepared.errors[0]?.extensions);
      subscriber.serve(prepared, identity);
    } catch (error) {
      if (!(error instanceof PublicError)) throw error;
      subscriber.fail((cursor) => new PublicError(error.code, error.message, { ...error.facts, cursor }));
    }
  };

  const cursorsOf = (): Record<string, string> => Object.fromEntries([...subscribers].flatMap(([id, subscriber]) => {
    const cursor = subscriber.cursor();
    return cursor === undefined ? [] : [[id, cursor]];
  }));

  return {
    name: newId(),
    wire, operations, subscribers,
    get identity() { return tenure?.identity; },
    set identity(accepted) {
      tenure?.[Symbol.dispose]();
      // the connection may have gone while the token was looked at
      tenure = accepted && !isGone ? tenures.begin(accepted, { expiring: (at) => wire.expiring?.(at), ended: (why) => void ended(why) }) : undefined;
    },
    async renew(authorization) {
      const before = tenure?.identity;
      if (!tenure || !before || ending) return { renewed: false, reason: 'ended' };
      const renewal = await tenure.renew(authorization);
      const { identity } = tenure;
      if (!renewal.renewed || authorisationClass(identity) === authorisationClass(before)) return renewal;
      for (const subscriber of [...subscribers.values()]) await serve(subscriber, identity);
      return { ...renewal, cursors: cursorsOf() };
    },
    get ending() { return ending; },
    gone() {
      isGone = true;
      tenure?.[Symbol.dispose]();
      // subscribers first: stopping their operation would end them as if the client had said so
      for (const subscriber of [...subscribers.values()]) subscriber.end('socket');
      for (const operation of [...operations.values()]) operation.stop();
    },
    async stop() {
      ending = true;
      await lastChance();
      wire.farewell(cursorsOf(), comeBack());
      for (const subscriber of subscribers.values()) subscriber.end('stop');
      wire.close(closing.goingAway);
    },
  };
}
