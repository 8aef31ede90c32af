import { SignJWT } from 'jose';
import { expect, it } from 'vitest';
import { heldClock } from '../clock.ts';
import { identityOf } from '../identity.ts';
import { signRequest, verifyRequest } from './service.ts';

const key = 'a shared secret of enough length';
const body = '{"query":"{ __typename }"}';
const identity = identityOf({ sub: 'ada', roles: ['viewer'], expiresAt: 5 });
const START = '2026-03-01T12:00:00Z';

it('carries the identity of the end user', async () => {
  const header = await signRequest({ key, hub: 'ops', identity, body });
  expect(await verifyRequest({ keys: ['other', key], hub: 'ops', header, body })).toEqual(identity);
  expect(await verifyRequest({ keys: [key], hub: 'ops', header: await signRequest({ key, hub: 'ops', body }), body })).toBeUndefined();
});

const sign = (claims: object, alg = 'HS256') =>
  new SignJWT({ iss: 'hubgraph-gateway', aud: 'ops', iat: 1772366400, exp: 1772366460, ...claims }).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key.padEnd(64)));

it.each<[string, { header?: () => Promise<string> | string | undefined; hub?: string; body?: string; keys?: string[]; later?: number }]>([
  ['no header', { header: () => undefined }],
  ['an empty header', { header: () => '' }],
  ['a header that is no token', { header: () => 'x-user: root' }],
  ['another hub', { hub: 'finance' }],
  ['another body', { body: `${body} ` }],
  ['another key', { keys: ['another secret'] }],
  ['no keys', { keys: [] }],
  ['61 seconds later', { later: 61_000 }],
  ['a lifetime that its sender stretched', { header: () => sign({ exp: 1772999999 }), keys: [key.padEnd(64)], later: 61_000 }],
  ['no body hash', { header: () => sign({}), keys: [key.padEnd(64)] }],
  ['another algorithm', { header: () => sign({}, 'HS512'), keys: [key.padEnd(64)] }],
])('refuses %s', async (_name, change) => {
  const clock = heldClock(START);
  const header = change.header ? await change.header() : await signRequest({ key, hub: 'ops', identity, body, clock });
  clock.advance(change.later ?? 0);
  await expect(verifyRequest({ keys: change.keys ?? [key], hub: change.hub ?? 'ops', header, body: change.body ?? body, clock })).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
    message: 'The bearer token is missing or not valid.',
  });
});
