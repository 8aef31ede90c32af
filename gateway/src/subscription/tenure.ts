import type { Clock } from '@hubgraph/kit/clock';
import { PublicError } from '@hubgraph/kit/errors';
import type { Identity } from '@hubgraph/kit/identity';
import { covers, type Revocation } from '@hubgraph/kit/identity/revocations';
import { silentReporter, type Reporter } from '../observe/reporter.ts';

/** Why somebody is served no longer. */
export type TenureEnd = 'expired' | 'revoked';

/** What became of a renewal; `reason` is that of a refusal, which changes nothing. */
export type Renewal =
  | { readonly renewed: true; /** RFC 3339 */ readonly expiresAt?: string; /** New cursors, where other rights made the former ones void. */ readonly cursors?: Readonly<Record<string, string>> }
  | { readonly renewed: false; readonly reason: 'invalid' | 'revoked' | 'subject' | 'ended' };

/** Who is told what becomes of a tenure. */
export interface Holder {
  /** The token's time is nearly over: now is the moment to renew. Once for each token. */
  expiring(expiresAt: Date): void;
  /** It is over; at most once, and nothing after it. */
  ended(why: TenureEnd): void;
}

/** The time for which one connection is served: as long as a token of its subject is good. Disposing gives it up. */
export interface Tenure extends Disposable {
  readonly identity: Identity;
  /** Goes on with another token of the same subject. Never rejects for what is wrong with the token. */
  renew(authorization: string | undefined): Promise<Renewal>;
}

/** All tenures of one gateway. */
export interface Tenures {
  /** Begins one; it may end in the next turn of the event loop. */
  begin(identity: Identity, holder: Holder): Tenure;
}

/** Who is not trusted any more. */
export interface Revoked {
  onRevoked(listener: (revocation: Revocation) => void): () => void;
  /** @throws PublicError when the token of `identity` is revoked */
  check(identity: Identity): void;
}

export interface TenuresOptions {
  /** Who holds the value of an `Authorization` header; rejects with a PublicError for bad and revoked ones. */
  identify(authorization: string | undefined): Promise<Identity | undefined>;
  readonly revocations?: Revoked;
  readonly clock: Clock;
  /** Milliseconds before its end that a token's holder is warned; at most a quarter of what is left of it. */
  readonly warning: number;
  readonly reporter?: Reporter;
}

/** Longer than this a timer of Node fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Keeps the tenures of a gateway; the one listener to what is revoked. */
export function createTenures({ identify, revocations, clock, warning, reporter = silentReporter }: TenuresOptions): Tenures {
  interface Place { identity: Identity; end(why: TenureEnd): void }
  const places = new Set<Place>();
  revocations?.onRevoked((revocation) => {
    for (const place of [...places]) if (covers(revocation, place.identity)) place.end('revoked');
  });

  const isRevoked = (identity: Identity): boolean => {
    try {
      revocations?.check(identity);
      return false;
    } catch (error) {
      if (error instanceof PublicError) return true;
      throw error;
    }
  };

  return {
    begin(first, holder) {
      let timer: NodeJS.Timeout | undefined;
      let over = false;
      const left = (): number => (place.identity.expiresAt ?? Number.POSITIVE_INFINITY) * 1_000 - clock.now().getTime();
      const leave = (): void => {
        over = true;
        clearTimeout(timer);
        places.delete(place);
      };
      const place: Place = {
        identity: first,
        end(why) {
          if (over) return;
          leave();
          reporter.report('token.ended', { why });
          holder.ended(why);
        },
      };
      /** Waits until `ahead` milliseconds before the end, then does `next`. The end has no tolerance, unlike a new request. */
      const wait = (ahead: number, next: () => void): void => {
        const time = left() - ahead;
        if (time === Number.POSITIVE_INFINITY) return;
        timer = time <= 0 ? setTimeout(next, 0) : setTimeout(() => wait(ahead, next), Math.min(time, LONGEST_TIMER));
      };
      const arm = (): void => {
        clearTimeout(timer);
        const ahead = Math.min(warning, left() / 4);
        const expire = (): void => wait(0, () => place.end('expired'));
        if (left() <= 0) return expire();
        wait(ahead, () => {
          holder.expiring(new Date((place.identity.expiresAt ?? 0) * 1_000));
          expire();
        });
      };

      places.add(place);
      arm();
      // it may have been revoked while the connection was made
      if (isRevoked(first)) setImmediate(() => place.end('revoked'));
      return {
        get identity() { return place.identity; },
        async renew(authorization) {
          const renewal = await renewed(authorization);
          reporter.report('token.renewed', { outcome: renewal.renewed ? 'renewed' : renewal.reason });
          return renewal;
        },
        [Symbol.dispose]: leave,
      };

      async function renewed(authorization: string | undefined): Promise<Renewal> {
        const identity = await identify(authorization).catch((error: unknown) => {
          if (error instanceof PublicError) return error;
          throw error;
        });
        if (over) return { renewed: false, reason: 'ended' };
        if (identity instanceof PublicError) return { renewed: false, reason: identity.facts.reason === 'revoked' ? 'revoked' : 'invalid' };
        if (!identity || (identity.expiresAt ?? Number.POSITIVE_INFINITY) * 1_000 <= clock.now().getTime()) return { renewed: false, reason: 'invalid' };
        if (identity.sub !== first.sub) return { renewed: false, reason: 'subject' };
        place.identity = identity;
        arm();
        return { renewed: true, ...(identity.expiresAt !== undefined && { expiresAt: new Date(identity.expiresAt * 1_000).toISOString() }) };
      }
    },
  };
}
