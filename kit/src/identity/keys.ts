import { createLocalJWKSet, errors, type createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';

type RemoteKeys = ReturnType<typeof createRemoteJWKSet>;

/** In milliseconds: after a failed fetch the issuer is left in peace this long. */
const COOL_DOWN = 30_000;

/**
 * Keys of an issuer that survive its outages: while its key set cannot be fetched, the last one that could is used, and
 * the issuer is asked again at most every 30 seconds, however many tokens name unknown keys.
 *
 * @param open finds the key set; called until it has succeeded once
 */
export function rememberingKeys(open: () => Promise<RemoteKeys>): JWTVerifyGetKey {
  let remote: RemoteKeys | undefined;
  let lastGood: JWTVerifyGetKey | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let lastFailure: unknown;

  const fallBack: JWTVerifyGetKey = (header, token) => {
    if (lastGood) return lastGood(header, token);
    throw lastFailure;
  };

  return async (header, token) => {
    if (performance.now() - failedAt < COOL_DOWN) return fallBack(header, token);
    try {
      remote ??= await open();
      const key = await remote(header, token);
      const known = remote.jwks();
      if (known) lastGood = createLocalJWKSet(known);
      return key;
    } catch (error) {
      // An unknown key is an answer of a working issuer; jose has its own pause before it asks again.
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys || error instanceof errors.JOSENotSupported) throw error;
      failedAt = performance.now();
      lastFailure = error;
      return fallBack(header, token);
    }
  };
}
