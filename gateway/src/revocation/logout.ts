import { systemClock, type Clock } from '@hubgraph/kit/clock';
import { ALGORITHMS, AUDIENCE, keysOf, type VerifierOptions } from '@hubgraph/kit/identity/verify';
import { jwtVerify } from 'jose';
import { z } from 'zod';
import type { Revoke } from './revocations.ts';

/**
 * Reads a logout token of the issuer and says what it revokes: the login that it names by `sid`, and every token of `sub`
 * that was issued up to it.
 *
 * @throws when it is not one
 */
export type LogoutVerifier = (token: string) => Promise<readonly Revoke[]>;

export interface LogoutOptions extends Pick<VerifierOptions, 'issuer' | 'jwks' | 'jwksUrl'> {
  /** Client ids that the token may be for; default `hubgraph`. */
  readonly audiences?: readonly string[];
  readonly clock?: Clock;
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const TOLERANCE = 60;
/** In seconds: how old a logout token may be; the specification asks for two minutes at most. */
const OLDEST = 120;
const LONGEST = 8_192;

const claims = z.object({
  iat: z.int(),
  jti: z.string().min(1),
  sub: z.string().min(1).max(256).optional(),
  sid: z.string().min(1).max(256).optional(),
  events: z.looseObject({ [EVENT]: z.looseObject({}) }),
  // a nonce is what tells an ID token: it must not pass for a logout token
  nonce: z.undefined().optional(),
}).refine(({ sub, sid }) => sub !== undefined || sid !== undefined, 'neither sub nor sid');

/** Makes a verifier of logout tokens, as OpenID Connect Back-Channel Logout 1.0, section 2.6, has it. */
export function createLogoutVerifier(options: LogoutOptions): LogoutVerifier {
  const { issuer, audiences = [AUDIENCE], clock = systemClock } = options;
  const keys = keysOf(options);
  return async (token) => {
    if (token.length > LONGEST) throw new Error('the token is too long');
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer, audience: [...audiences], algorithms: [...ALGORITHMS], clockTolerance: TOLERANCE, currentDate: clock.now(), maxTokenAge: OLDEST, requiredClaims: ['exp'],
    });
    // older issuers say nothing or `JWT`; any other kind is a token for something else
    const kind = protectedHeader.typ?.toLowerCase().replace(/^application\//, '') ?? 'jwt';
    if (kind !== 'logout+jwt' && kind !== 'jwt') throw new Error(`a token of type ${kind}`);
    const { iat, sub, sid } = claims.parse(payload);
    const by = `issuer:${issuer}`.slice(0, 256);
    const reason = 'logout';
    return [
      ...(sid === undefined ? [] : [{ kind: 'session', name: sid, by, reason } as const]),
      // whether access tokens carry the session is the issuer's choice: a refreshed token is newer and good
      ...(sub === undefined ? [] : [{ kind: 'subject', name: sub, before: iat, by, reason } as const]),
    ];
  };
}
