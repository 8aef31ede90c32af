import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { openDevIssuer } from './issuer.ts';
import { createVerifier } from './verify.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'issuer-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('signs access tokens that a verifier of its keys accepts', async () => {
  const { issuer, jwks, sign } = await openDevIssuer(join(folder, 'dev-issuer.json'));
  const token = await sign({ sub: 'ada', roles: ['maintainer'], scopes: ['more:here'], ttlSeconds: 60 });
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
  const identity = await createVerifier({ issuer, jwks }).verify(token);
  expect(identity).toMatchObject({ sub: 'ada', roles: ['maintainer'], clientId: 'hubgraph-development' });
  expect(identity.scopes).toEqual(expect.arrayContaining(['gates:pass', 'more:here']));
});

it('keeps its key over restarts, readable by its owner only, and shows only the public half', async () => {
  const path = join(folder, 'dev-issuer.json');
  const [first, second] = await Promise.all([openDevIssuer(path), openDevIssuer(path)]);
  const third = await openDevIssuer(path);
  expect(third.jwks).toEqual(first.jwks);
  expect(second.jwks).toEqual(first.jwks);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(JSON.stringify(first.jwks)).not.toContain('"d"');
});

it.each(['not json', '{}', '{"kty":"EC"}'])('says what to do when the file holds %s', async (content) => {
  const path = join(folder, 'dev-issuer.json');
  await writeFile(path, content);
  await expect(openDevIssuer(path)).rejects.toThrow(UsageError);
});

it('says so when the folder cannot be written', async () => {
  await expect(openDevIssuer(join(folder, 'missing', 'dev-issuer.json'))).rejects.toThrow(/cannot be written/);
});
