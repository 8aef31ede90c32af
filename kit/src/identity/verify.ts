import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import { systemClock, type Clock } from '../clock.ts';
import { PublicError } from '../errors.ts';
import { identityOf, type Identity } from '../identity.ts';
import { badText } from '../text.ts';
import { rememberingKeys } from './keys.ts';

/** Checks bearer tokens. */
export interface Verifier {
  /**
   * Reads the value of an `Authorization` header, or a bare token.
   *
   * @throws PublicError `UNAUTHENTICATED`, with the same message whatever is wrong; the cause is for the log
   */
  verify(bearer: string): Promise<Identity>;
}

export interface VerifierOptions {
  /** The `iss` that tokens must have. */
  readonly issuer: string;
  /** The issuer's keys, or where they are; leave both out to find them by OpenID Connect discovery. */
  readonly jwks?: JSONWebKeySet;
  readonly jwksUrl?: string;
  /** The `aud` that tokens must have or contain; default `hubgraph`. */
  readonly audience?: string;
  readonly clock?: Clock;
  /** How far clocks may differ, in seconds; default 60. */
  readonly tolerance?: number;
}

/** Signature algorithms accepted: asymmetric ones only, so that no public key can serve as a shared secret. */
export const ALGORITHMS = ['ES256', 'RS256', 'EdDSA', 'PS256'] as const;

export const AUDIENCE = 'hubgraph';
const TOLERANCE = 60;
/** In characters. Longer than any token of an issuer we know, shorter than Node's header limit. */
const LONGEST_TOKEN = 8_192;
const LONGEST_SUBJECT = 256;
/** The last second that a Date can express; later is not a time. */
const LAST_SECOND = 8.64e12;
/** In milliseconds: how long a key may be gone from the issuer before its tokens are refused for certain, beyond the key cache. */
const REMEMBERED = 30_000;

/** Makes a verifier for one issuer. Nothing is fetched before the first token. */
export function createVerifier(options: VerifierOptions): Verifier {
  const { issuer, clock = systemClock, tolerance = TOLERANCE, audience = AUDIENCE } = options;
  const keys = keysOf(options);
  // A client sends the same token with every request; the signature is worth checking once in a while.
  const seen = new LRUCache<string, Identity>({ max: 1_000, ttl: REMEMBERED });

  return {
    async verify(bearer) {
      const token = tokenOf(bearer);
      const known = seen.get(token);
      if (known && (known.expiresAt ?? 0) + tolerance > clock.now().getTime() / 1000) return known;
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms: [...ALGORITHMS],
          clockTolerance: tolerance,
          currentDate: clock.now(),
          requiredClaims: ['exp', 'sub'],
        });
        const identity = identityIn(payload);
        seen.set(token, identity);
        return identity;
      } catch (error) {
        seen.delete(token);
        throw unauthenticated(error);
      }
    },
  };
}

/** The one refusal: what exactly is wrong with a token helps only who is guessing. */
export function unauthenticated(cause?: unknown): PublicError {
  return new PublicError('UNAUTHENTICATED', 'The bearer token is missing or not valid.', {}, { cause });
}

function tokenOf(bearer: string): string {
  if (bearer.length > LONGEST_TOKEN) throw unauthenticated(new Error('the token is too long'));
  const token = /^(?:Bearer +)?([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(bearer)?.[1];
  if (!token) throw unauthenticated(new Error('not a bearer token'));
  return token;
}

/** The keys of an issuer, fetched when they are first needed. */
export function keysOf({ issuer, jwks, jwksUrl }: Pick<VerifierOptions, 'issuer' | 'jwks' | 'jwksUrl'>): JWTVerifyGetKey {
  if (jwks) return createLocalJWKSet(jwks);
  return rememberingKeys(async () => createRemoteJWKSet(new URL(jwksUrl ?? (await discover(issuer))), { cacheMaxAge: 5 * 60_000, cooldownDuration: 30_000, timeoutDuration: 5_000 }));
}

async function discover(issuer: string): Promise<string> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(5_000), redirect: 'error' });
  const found = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
  if (found.issuer !== issuer || typeof found.jwks_uri !== 'string') throw new errors.JWKSInvalid('the discovery document is not that of the issuer');
  return found.jwks_uri;
}

/** Claims of RFC 9068 (`sub`, `scope`, `roles`, `client_id`, `iat`, `jti`), RFC 8693 (`act`) and OpenID Connect (`sid`). */
function identityIn(payload: JWTPayload): Identity {
  const { sub, exp, scope, roles, client_id: clientId, act, iat, jti, sid } = payload;
  if (typeof sub !== 'string' || sub === '' || sub.length > LONGEST_SUBJECT || badText(sub) !== null) throw new Error('sub is not a name');
  if (typeof exp !== 'number' || !(exp <= LAST_SECOND)) throw new Error('exp is not a time');
  const actor = typeof act === 'object' && act !== null && 'sub' in act ? act.sub : undefined;
  return identityOf({
    sub,
    roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
    scopes: typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [],
    clientId: typeof clientId === 'string' ? clientId : undefined,
    actor: typeof actor === 'string' ? actor : undefined,
    expiresAt: exp,
    issuedAt: iat,
    tokenId: typeof jti === 'string' ? jti : undefined,
    session: typeof sid === 'string' ? sid : undefined,
  });
}
