import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Identity } from '../identity.ts';
import { badText } from '../text.ts';

/** What is revoked: everything of a `sub`, one token by its `jti`, or a login by its `sid`. */
export const REVOCATION_KINDS = ['subject', 'token', 'session'] as const;
export type RevocationKind = (typeof REVOCATION_KINDS)[number];

/** One withdrawal of trust: tokens that it covers are refused although their issuer signed them and their time is not over. */
export interface Revocation {
  readonly kind: RevocationKind;
  /** The `sub`, `jti` or `sid`. */
  readonly name: string;
  /** Of a subject only: covers tokens issued up to this second of the epoch; all, when left out. */
  readonly before?: number;
  /** Second of the epoch after which it is forgotten, because no token that it covers can be good any more. */
  readonly until: number;
  /** RFC 3339 */
  readonly at: string;
  /** `sub` of who revoked, or what did. */
  readonly by: string;
  readonly reason?: string;
  /** It holds no more; kept so that everybody hears of it. */
  readonly lifted?: boolean;
}

/** In seconds: no revocation is kept for longer. */
export const LONGEST_REVOCATION = 366 * 86_400;
const LONGEST_TEXT = 256;

const text = z.string().min(1).max(LONGEST_TEXT).refine((value) => badText(value) === null, 'must be plain text');
const second = z.int().min(0).max(8.64e12);

/** Reads a revocation that somebody else wrote. */
export const revocationShape: z.ZodType<Revocation> = z.strictObject({
  kind: z.enum(REVOCATION_KINDS),
  name: text,
  before: second.optional(),
  until: second,
  at: z.iso.datetime(),
  by: text,
  reason: text.optional(),
  lifted: z.boolean().optional(),
});

/** Whether `revocation` covers the token of `identity`. A token that does not say when it was issued counts as old. */
export function covers({ kind, name, before, lifted }: Revocation, identity: Identity): boolean {
  if (lifted) return false;
  if (kind === 'token') return identity.tokenId === name;
  if (kind === 'session') return identity.session === name;
  return identity.sub === name && (before === undefined || identity.issuedAt === undefined || identity.issuedAt <= before);
}

/** The revocations that one process knows. */
export interface RevocationList {
  /** Takes one in, in the place of an earlier one of the same kind and name. */
  put(revocation: Revocation): void;
  /** The revocation that covers the token of `identity`. */
  of(identity: Identity): Revocation | undefined;
  /** Those that hold at present, the youngest first. */
  all(): Revocation[];
  /** Calls `listener` for each that is put and holds; answers how to end that. */
  onPut(listener: (revocation: Revocation) => void): () => void;
}

/** Makes an empty list. */
export function createRevocationList(clock: Clock): RevocationList {
  const known = new Map<string, Revocation>();
  const listeners = new Set<(revocation: Revocation) => void>();
  const holds = ({ until, lifted }: Revocation): boolean => !lifted && until > clock.now().getTime() / 1_000;
  const covering = (identity: Identity, key: string): Revocation | undefined => {
    const found = known.get(key);
    if (found && !holds(found)) known.delete(key);
    return found && holds(found) && covers(found, identity) ? found : undefined;
  };
  return {
    put(revocation) {
      if (!holds(revocation)) return void known.delete(keyOf(revocation));
      known.set(keyOf(revocation), revocation);
      for (const listener of [...listeners]) listener(revocation);
    },
    of(identity) {
      if (known.size === 0) return undefined;
      const { sub, tokenId, session } = identity;
      return covering(identity, keyOf({ kind: 'subject', name: sub }))
        ?? covering(identity, keyOf({ kind: 'subject', name: sub, before: 0 }))
        ?? (tokenId === undefined ? undefined : covering(identity, keyOf({ kind: 'token', name: tokenId })))
        ?? (session === undefined ? undefined : covering(identity, keyOf({ kind: 'session', name: session })));
    },
    all: () => [...known.values()].filter(holds).sort((one, other) => other.at.localeCompare(one.at)),
    onPut(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/**
 * Equal for revocations of which the later takes the earlier one's place. All of a subject and its older tokens are two:
 * a logout must not weaken a ban.
 */
export function keyOf({ kind, name, before }: Pick<Revocation, 'kind' | 'name' | 'before'>): string {
  return `${kind}${before === undefined ? '' : '_before'}.${Buffer.from(name).toString('base64url')}`;
}
