import { hkdfSync, subtle } from 'node:crypto';
import { PublicError } from '@hubgraph/kit/errors';
import type { Clock } from '@hubgraph/kit/clock';
import { jwtVerify, SignJWT } from 'jose';

/** What a signed URL lets its bearer do, and with what. */
export type Grant =
  /** Upload one announced file. */
  | { readonly may: 'upload'; readonly file: string }
  /** Download one file. */
  | { readonly may: 'download'; readonly file: string }
  /** Download the manifest and, by their paths, all files of one package. */
  | { readonly may: 'read-package'; readonly package: string };

/** Makes and reads the signed, expiring URLs by which bytes travel. */
export interface SignedUrls {
  /** The URL, and until when it is good. */
  sign(grant: Grant): Promise<{ readonly url: string; readonly expiresAt: Date }>;
  /** @throws PublicError `UNAUTHENTICATED` when the token is not ours, is for something else, or has expired */
  verify<May extends Grant['may']>(may: May, token: string): Promise<Extract<Grant, { may: May }>>;
}

export interface SignedUrlOptions {
  /** The first signs, all verify. */
  readonly keys: readonly string[];
  /** Origin that clients reach the hub by. */
  readonly origin: () => string;
  readonly minutes: number;
  readonly clock: Clock;
}

const ISSUER = 'hubgraph-artifacts';
const PATHS: Readonly<Record<Grant['may'], (token: string) => string>> = {
  upload: (token) => `/artifacts/uploads/${token}`,
  download: (token) => `/artifacts/files/${token}`,
  'read-package': (token) => `/artifacts/packages/${token}/`,
};

/** JWTs (HS256, by jose) in the path: a signature scheme of our own would only be a chance to err. */
export function signedUrls({ keys, origin, minutes, clock }: SignedUrlOptions): SignedUrls {
  // Keys of the hub sign event cursors too; a key of its own keeps one kind of token from passing for another.
  // Imported once, because jose would do it for every token.
  const derived = keys.map((key) => subtle.importKey('raw', hkdfSync('sha256', key, '', 'hubgraph artifacts url', 32), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']));
  return {
    async sign(grant) {
      const key = await derived[0];
      if (key === undefined) throw new Error('there is no key to sign URLs with');
      const seconds = Math.floor(clock.now().getTime() / 1000);
      const expires = seconds + minutes * 60;
      const token = await new SignJWT({ ...grant }).setProtectedHeader({ alg: 'HS256' }).setIssuer(ISSUER).setIssuedAt(seconds).setExpirationTime(expires).sign(key);
      return { url: `${origin().replace(/\/$/, '')}${PATHS[grant.may](token)}`, expiresAt: new Date(expires * 1000) };
    },
    async verify<May extends Grant['may']>(may: May, token: string) {
      for (const key of derived) {
        try {
          const { payload } = await jwtVerify(token, await key, { issuer: ISSUER, algorithms: ['HS256'], currentDate: clock.now(), requiredClaims: ['exp'] });
          if (payload.may === may) return payload as unknown as Extract<Grant, { may: May }>;
        } catch {
          // another key may be the one; what exactly is wrong helps only who is guessing
        }
      }
      throw new PublicError('UNAUTHENTICATED', 'The URL is not valid, or no longer: ask the graph for a new one.');
    },
  };
}
