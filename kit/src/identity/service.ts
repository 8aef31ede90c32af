import { createHash } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { systemClock, type Clock } from '../clock.ts';
import { identityOf, type Identity } from '../identity.ts';
import { unauthenticated } from './verify.ts';

/** Header in which the gateway and sister hubs prove to a hub who they are. */
export const SERVICE_HEADER = 'x-hubgraph-service';

const ISSUER = 'hubgraph-gateway';
const ALGORITHM = 'HS256';
/** In seconds: how long a signed request may be on its way; later it is a replay. */
const LIFETIME = 60;

export interface SignOptions {
  /** Secret that gateway and hubs share. */
  readonly key: string;
  /** Name of the hub that the request is for. */
  readonly hub: string;
  /** The end user on whose behalf it is made. */
  readonly identity?: Identity;
  /** The request body exactly as it is sent. */
  readonly body: string;
  readonly clock?: Clock;
}

export interface VerifyOptions {
  /** Secrets accepted: the present one and, while it is being changed, the former. */
  readonly keys: readonly string[];
  /** Name of the hub that received the request. */
  readonly hub: string;
  /** Value of {@link SERVICE_HEADER}. */
  readonly header: string | undefined;
  readonly body: string;
  readonly clock?: Clock;
}

/** A header value that binds one request: to this body, this hub, this user and this minute. */
export async function signRequest({ key, hub, identity, body, clock = systemClock }: SignOptions): Promise<string> {
  const now = Math.floor(clock.now().getTime() / 1000);
  return new SignJWT({ bh: hashOf(body), ...(identity ? { idn: identity } : {}) })
    .setProtectedHeader({ alg: ALGORITHM })
    .setIssuer(ISSUER)
    .setAudience(hub)
    .setIssuedAt(now)
    .setExpirationTime(now + LIFETIME)
    .sign(secret(key));
}

/**
 * Checks such a header.
 *
 * @returns the end user, or undefined when the request is the service's own
 * @throws PublicError `UNAUTHENTICATED`, with the same message whatever is wrong
 */
export async function verifyRequest({ keys, hub, header, body, clock = systemClock }: VerifyOptions): Promise<Identity | undefined> {
  let failure: unknown = new Error('no service header');
  for (const key of header ? keys : []) {
    try {
      const { payload } = await jwtVerify(header as string, secret(key), {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: hub,
        currentDate: clock.now(),
        maxTokenAge: LIFETIME,
        requiredClaims: ['exp', 'iat'],
      });
      if (payload.bh !== hashOf(body)) throw new Error('the signature is of another body');
      return payload.idn === undefined ? undefined : identityIn(payload.idn);
    } catch (error) {
      failure = error;
    }
  }
  throw unauthenticated(failure);
}

// The roles are looked up again here, so that a hub with another table of roles decides by its own.
function identityIn(claim: unknown): Identity {
  const identity = claim as Identity;
  if (typeof identity.sub !== 'string' || !Array.isArray(identity.roles) || !Array.isArray(identity.scopes)) throw new Error('idn is not an identity');
  return identityOf(identity);
}

function secret(key: string): Uint8Array {
  return new TextEncoder().encode(key);
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('base64url');
}
