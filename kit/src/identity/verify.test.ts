import { generateKeyPairSync, createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { heldClock } from '../clock.ts';
import type { PublicError } from '../errors.ts';
import { createVerifier, type Verifier } from './verify.ts';

const ISSUER = 'https://issuer.example';
const NOW = '2026-03-01T12:00:00Z';
const now = Date.parse(NOW) / 1000;

let key: CryptoKey;
let publicKey: JWK;
let verifier: Verifier;

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = pair.privateKey;
  publicKey = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' };
  verifier = createVerifier({ issuer: ISSUER, jwks: { keys: [publicKey] }, clock: heldClock(NOW) });
});

interface Changes {
  readonly payload?: JWTPayload;
  readonly header?: Record<string, unknown>;
  readonly key?: CryptoKey;
}

function token({ payload = {}, header = {}, key: other = key }: Changes = {}): Promise<string> {
  const claims = { iss: ISSUER, aud: 'hubgraph', sub: 'ada', exp: now + 300, scope: 'extra:one', roles: ['viewer', 'pirate'], client_id: 'app', ...payload };
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(other);
}

/** A token put together by hand, for what no library signs. */
function forged(header: object, payload: object, signature = ''): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}.${signature}`;
}
const good = { iss: ISSUER, aud: 'hubgraph', sub: 'eve', exp: now + 300 };

async function refusal(bearer: string, by = verifier): Promise<unknown> {
  return by.verify(bearer).then(
    () => 'accepted',
    (error: PublicError) => ({ code: error.code, message: error.message, facts: error.facts }),
  );
}
const REFUSED = { code: 'UNAUTHENTICATED', message: 'The bearer token is missing or not valid.', facts: {} };

describe('a good token', () => {
  it('gives the identity of its claims', async () => {
    const identity = await verifier.verify(`Bearer ${await token({ payload: { act: { sub: 'agent' }, iat: now, jti: 't1', sid: 's1' } })}`);
    expect(identity).toEqual({ sub: 'ada', roles: ['viewer'], scopes: ['extra:one', 'hub:read'], clientId: 'app', actor: 'agent', expiresAt: now + 300, issuedAt: now, tokenId: 't1', session: 's1' });
  });

  it.each([
    ['our audience among others', { aud: ['other', 'hubgraph'] }],
    ['an expiry within the tolerance', { exp: now - 59 }],
    ['a beginning within the tolerance', { nbf: now + 59 }],
  ])('may have %s', async (_name, payload) => {
    expect((await verifier.verify(await token({ payload }))).sub).toBe('ada');
  });

  it('is refused again once it is over, though it was seen before', async () => {
    const clock = heldClock(NOW);
    const own = createVerifier({ issuer: ISSUER, jwks: { keys: [publicKey] }, clock });
    const bearer = await token();
    await own.verify(bearer);
    clock.advance(361_000);
    expect(await refusal(bearer, own)).toEqual(REFUSED);
  });
});

describe('a bad token gets one constant refusal', () => {
  const tokens: [string, () => Promise<string> | string][] = [
    ['empty', () => ''],
    ['no token at all', () => 'Bearer'],
    ['Basic credentials', () => 'Basic YTpi'],
    ['two parts', () => 'Bearer a.b'],
    ['1 MB', () => `Bearer ${'a'.repeat(1_000_000)}.b.c`],
    ['9 kB, though well signed', () => token({ payload: { note: 'x'.repeat(9_000) } })],
    ['alg none', () => forged({ alg: 'none' }, good)],
    ['alg None', () => forged({ alg: 'None' }, good)],
    ['alg nOnE with a signature', () => forged({ alg: 'nOnE', kid: 'k1' }, good, 'AAAA')],
    ['HS256 with the public key as secret', () => hmacWithPublicKey()],
    ['another issuer', () => token({ payload: { iss: 'https://evil.example' } })],
    ['no issuer', () => token({ payload: { iss: undefined } })],
    ['another audience', () => token({ payload: { aud: 'other' } })],
    ['an audience list without us', () => token({ payload: { aud: ['other', 'hubgraph2'] } })],
    ['expired', () => token({ payload: { exp: now - 61 } })],
    ['not yet valid', () => token({ payload: { nbf: now + 61 } })],
    ['no expiry', () => token({ payload: { exp: undefined } })],
    ['expiry as text', () => forged({ alg: 'ES256', kid: 'k1' }, { ...good, exp: String(now + 300) }, 'AAAA')],
    ['expiry beyond time', () => token({ payload: { exp: 1e20 } })],
    ['no subject', () => token({ payload: { sub: undefined } })],
    ['a subject with a NUL', () => token({ payload: { sub: 'a\0b' } })],
    ['a subject with half a character', () => token({ payload: { sub: 'a\ud800b' } })],
    ['a subject of 300 characters', () => token({ payload: { sub: 'x'.repeat(300) } })],
    ['kid as a path', () => token({ header: { kid: '../../etc/passwd' } })],
    ['kid as SQL', () => token({ header: { kid: "' OR 1=1 --" } })],
    ['a key of its own in jwk', async () => ownKey('jwk')],
    ['a key of its own at jku', async () => ownKey('jku')],
    ['a key of its own at x5u', async () => ownKey('x5u')],
    ['a critical header', () => forged({ alg: 'ES256', kid: 'k1', crit: ['x'], x: 1 }, good, 'AAAA')],
    ['an all-zero signature', () => forged({ alg: 'ES256', kid: 'k1' }, good, Buffer.alloc(64).toString('base64url'))],
    ['a signature of another key', async () => token({ key: (await generateKeyPair('ES256')).privateKey })],
    ['a changed payload', async () => {
      const [header, , signature] = (await token()).split('.');
      return `${header}.${Buffer.from(JSON.stringify({ ...good, roles: ['system'] })).toString('base64url')}.${signature}`;
    }],
  ];

  it.each(tokens)('%s', async (_name, make) => {
    expect(await refusal(await make())).toEqual(REFUSED);
  });

  async function ownKey(header: string): Promise<string> {
    const pair = await generateKeyPair('ES256', { extractable: true });
    const value = header === 'jwk' ? await exportJWK(pair.publicKey) : 'http://127.0.0.1:9/keys';
    return token({ key: pair.privateKey, header: { [header]: value } });
  }

  function hmacWithPublicKey(): string {
    const { publicKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const unsigned = forged({ alg: 'HS256', kid: 'k1' }, good).slice(0, -1);
    return `${unsigned}.${createHmac('sha256', rsa.export({ type: 'spki', format: 'pem' })).update(unsigned).digest('base64url')}`;
  }
});

describe('keys that are fetched', () => {
  let server: Server | undefined;
  let keys: JWK[] = [];
  let fetches = 0;
  let up = true;

  afterEach(async () => {
    vi.restoreAllMocks();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
  });

  async function fetching(): Promise<Verifier> {
    fetches = 0;
    up = true;
    keys = [publicKey];
    server = createServer((_request, response) => {
      fetches++;
      response.writeHead(up ? 200 : 500, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return createVerifier({ issuer: ISSUER, jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`, clock: heldClock(NOW) });
  }

  it('are fetched once for many tokens, known and unknown', async () => {
    const own = await fetching();
    await own.verify(await token());
    const unknown = await token({ header: { kid: 'k9' } });
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => refusal(unknown, own)));
    expect(answers.every((answer) => (answer as PublicError).code === 'UNAUTHENTICATED')).toBe(true);
    expect(fetches).toBe(1);
  });

  it('may be rotated: after the pause a new key is found', async () => {
    const own = await fetching();
    await own.verify(await token());
    const pair = await generateKeyPair('ES256', { extractable: true });
    keys = [publicKey, { ...(await exportJWK(pair.publicKey)), kid: 'k2', alg: 'ES256' }];
    const start = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => start + 31_000);
    expect((await own.verify(await token({ key: pair.privateKey, header: { kid: 'k2' } }))).sub).toBe('ada');
    expect(fetches).toBe(2);
  });

  it('stay in use while the issuer is down, which is then left in peace', async () => {
    const own = await fetching();
    await own.verify(await token());
    up = false;
    const start = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => start + 6 * 60_000);
    for (let round = 0; round < 20; round++) expect((await own.verify(await token({ payload: { jti: String(round) } }))).sub).toBe('ada');
    expect(fetches).toBe(2);
  });
});
