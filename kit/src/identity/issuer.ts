import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT, type JSONWebKeySet, type JWK } from 'jose';
import { systemClock, type Clock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import type { Role } from '../identity.ts';
import { newId } from '../ids.ts';
import { AUDIENCE } from './verify.ts';

/** `iss` of development tokens. Not a URL: nothing on the network vouches for them. */
export const DEV_ISSUER = 'urn:hubgraph:development';

/** What a development token says. */
export interface DevToken {
  readonly sub: string;
  readonly roles?: readonly Role[];
  /** Besides those of the roles. */
  readonly scopes?: readonly string[];
  readonly ttlSeconds: number;
}

/** Issues tokens for work on one machine. Never to be used where others can reach the gateway. */
export interface DevIssuer {
  readonly issuer: string;
  /** Public keys. */
  readonly jwks: JSONWebKeySet;
  /** A signed access token as RFC 9068 has it. */
  sign(token: DevToken): Promise<string>;
}

/**
 * Opens the development issuer whose key is in the file `path`, made on first use and readable by its owner only.
 * Tokens stay valid over restarts.
 *
 * @throws UsageError when the file cannot be written or holds something else
 */
export async function openDevIssuer(path: string, clock: Clock = systemClock): Promise<DevIssuer> {
  const secret = await keyIn(path);
  const key = await importJWK(secret, 'ES256').catch((error: unknown) => {
    throw new UsageError(`${path} does not hold a key of the development issuer; delete it to make a new one.`, 2, { cause: error });
  });
  const { d: _, ...publicKey } = secret;
  return {
    issuer: DEV_ISSUER,
    jwks: { keys: [publicKey] },
    async sign({ sub, roles = [], scopes = [], ttlSeconds }) {
      const now = Math.floor(clock.now().getTime() / 1000);
      return new SignJWT({ scope: scopes.join(' '), roles: [...roles], client_id: 'hubgraph-development' })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: secret.kid })
        .setIssuer(DEV_ISSUER)
        .setSubject(sub)
        .setAudience(AUDIENCE)
        .setJti(newId())
        .setIssuedAt(now)
        .setExpirationTime(now + ttlSeconds)
        .sign(key);
    },
  };
}

async function keyIn(path: string): Promise<JWK> {
  const made = await newKey();
  const draft = `${path}.${newId()}`;
  try {
    await writeFile(draft, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
    // Linked whole: of two that start at once one wins, and the other never reads a half-written file.
    await link(draft, path).finally(() => rm(draft));
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new UsageError(`The key of the development issuer cannot be written to ${path}: ${(error as Error).message}.`, 2, { cause: error });
  }
  try {
    return JSON.parse(await readFile(path, 'utf8')) as JWK;
  } catch (error) {
    throw new UsageError(`The key of the development issuer cannot be read from ${path}; delete it to make a new one.`, 2, { cause: error });
  }
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = await exportJWK(privateKey);
  return { ...key, kid: await calculateJwkThumbprint(key), alg: 'ES256', use: 'sig' };
}
