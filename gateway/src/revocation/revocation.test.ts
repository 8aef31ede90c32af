import { readFile } from 'node:fs/promises';
import { newId } from '@hubgraph/kit/ids';
import type { Role } from '@hubgraph/kit/identity';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';
import { connectClient } from '../../../test/harness/subscriber.ts';
import { until } from '../../../test/harness/until.ts';
import { serveGateway, type TestGateway } from '../../test/serve.ts';
import { createLogoutVerifier } from './logout.ts';

let nats: TestNats;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.stop());

const works = { sdl: 'type Query { hello: String } type Mutation { go: String }', resolvers: { Query: { hello: () => 'you' }, Mutation: { go: () => 'gone' } } };
const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} };

async function start(options: Parameters<typeof serveGateway>[1] = { natsUrl: nats.url }): Promise<TestGateway> {
  const gateway = await serveGateway({ works }, options);
  onTestFinished(() => gateway.close());
  return gateway;
}

/** Two gateways that believe the same tokens. */
async function pair(): Promise<readonly [TestGateway, TestGateway]> {
  const one = await start();
  return [one, await start({ natsUrl: nats.url, devIssuerPath: one.devIssuerPath })];
}

async function ask(gateway: TestGateway, token: string, query = '{ hello }'): Promise<unknown> {
  const response = await fetch(gateway.url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify({ query }) });
  return response.status === 200 ? ((await response.json()) as { data: unknown }).data : response.status;
}

async function post(gateway: TestGateway, path: string, body: unknown, token?: string): Promise<readonly [number, any]> {
  const response = await fetch(new URL(path, gateway.url), { method: 'POST', headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) }, body: JSON.stringify(body) });
  return [response.status, await response.json()];
}

const refusedAt = (gateway: TestGateway, token: string) => until('the refusal', async () => (await ask(gateway, token)) === 401, { deadline: 5_000 });
const token = (gateway: TestGateway, sub: string, ...roles: Role[]) => gateway.tokenOf({ sub, roles, ttlSeconds: 600 });

describe('revoking a subject', () => {
  it('refuses its queries and mutations at every gateway, until it is lifted', async () => {
    const [one, two] = await pair();
    const [ada, eve, operator] = [await token(one, 'ada', 'viewer'), await token(one, 'eve', 'viewer'), await token(one, 'op', 'system')];
    expect(await ask(two, ada)).toEqual({ hello: 'you' });
    const [status, { revocation }] = await post(one, '/revocations', { kind: 'subject', name: 'ada', reason: 'left' }, operator);
    expect([status, revocation]).toMatchObject([200, { kind: 'subject', name: 'ada', by: 'op', reason: 'left' }]);
    expect(await ask(one, ada)).toBe(401);
    expect(await ask(one, ada, 'mutation { go }')).toBe(401);
    await refusedAt(two, ada);
    const [, why] = await post(two, '/graphql', { query: '{ hello }' }, ada);
    expect(why.errors[0].extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'revoked' });
    expect(await ask(two, eve)).toEqual({ hello: 'you' });

    const listed = await fetch(new URL('/revocations', two.url), { headers: { authorization: `Bearer ${operator}` } });
    expect(((await listed.json()) as { revocations: unknown[] }).revocations).toEqual([revocation]);
    const later = await start({ natsUrl: nats.url, devIssuerPath: one.devIssuerPath });
    await refusedAt(later, ada);

    expect(await post(two, '/revocations/lift', { kind: 'subject', name: 'ada' }, operator)).toEqual([200, { lifted: true }]);
    expect(await post(two, '/revocations/lift', { kind: 'subject', name: 'ada' }, operator)).toEqual([200, { lifted: false }]);
    await until('it to be heard', async () => (await ask(one, ada)) !== 401, { deadline: 5_000 });
  });

  it('cuts its connections at every gateway within five seconds, all of them and no others', async () => {
    const [one, two] = await pair();
    const [ada, eve, operator] = [await token(one, 'ada', 'viewer'), await token(one, 'eve', 'viewer'), await token(one, 'op', 'system')];
    const connect = (gateway: TestGateway, bearer: string) => connectClient(gateway.url.replace('http', 'ws'), { authorization: `Bearer ${bearer}` });
    const hers = await Promise.all(Array.from({ length: 100 }, (_, index) => connect(index % 2 ? one : two, ada)));
    await using other = await connect(two, eve);
    const begun = performance.now();
    await post(one, '/revocations', { kind: 'subject', name: 'ada', seconds: 60 }, operator);
    const ended = await Promise.all(hers.map(({ closed }) => closed));
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(new Set(ended.map(({ code }) => code))).toEqual(new Set([4441]));
    await expect(connect(two, ada)).rejects.toThrow('4403');
    expect(other.socket.readyState).toBe(other.socket.OPEN);
    await post(one, '/revocations/lift', { kind: 'subject', name: 'ada' }, operator);
  });

  it('of tokens up to a moment lets newer ones in, and without NATS holds at its gateway', async () => {
    const own = await start({});
    const [old, operator] = [await token(own, 'ada', 'viewer'), await token(own, 'op', 'system')];
    expect((await post(own, '/revocations', { kind: 'subject', name: 'ada', before: new Date(Date.now() + 1_000).toISOString() }, operator))[0]).toBe(200);
    expect(await ask(own, old)).toBe(401);
    await until('a newer token', async () => (await ask(own, await token(own, 'ada', 'viewer'))) !== 401, { deadline: 10_000 });
    expect(await ask(own, old)).toBe(401);
  });

  it.each<[string, unknown, Role | undefined, number]>([
    ['without a token', { kind: 'subject', name: 'a' }, undefined, 401],
    ['without the scope', { kind: 'subject', name: 'a' }, 'maintainer', 403],
    ['of an unknown kind', { kind: 'all', name: 'a' }, 'system', 400],
    ['of nobody', { kind: 'subject', name: '' }, 'system', 400],
    ['of a token before a moment', { kind: 'token', name: 'a', before: '2026-01-01T00:00:00Z' }, 'system', 400],
    ['for longer than any token', { kind: 'token', name: 'a', seconds: 1e9 }, 'system', 400],
    ['with what is not known', { kind: 'token', name: 'a', everywhere: true }, 'system', 400],
    ['by no object', 'x', 'system', 400],
  ])('is refused %s', async (_name, body, role, status) => {
    const own = await start({});
    const bearer = role && await token(own, 'op', role);
    expect((await post(own, '/revocations', body, bearer))[0]).toBe(status);
    expect((await post(own, '/revocations/lift', role === 'system' ? 'x' : body, bearer))[0]).toBe(role === 'system' ? 400 : status);
  });
});

describe('a gateway that cannot hear revocations', () => {
  it('says so, and holds at itself what is revoked there', async () => {
    const own = await start({ natsUrl: 'nats://127.0.0.1:1', env: { HUBGRAPH_REVOCATION_SILENCE: '1000' } });
    const [ada, operator] = [await token(own, 'ada', 'viewer'), await token(own, 'op', 'system')];
    const part = async () => ((await (await fetch(new URL('/health/ready', own.url))).json()) as { parts: { part: string; ready: boolean; reason?: string }[] }).parts.find((one) => one.part === 'gateway.revocations');
    expect(await part()).toMatchObject({ ready: true });
    await until('the silence', async () => (await part())?.ready === false, { deadline: 5_000 });
    expect((await part())?.reason).toContain('revocations were not heard for');
    const [status, { errors }] = await post(own, '/revocations', { kind: 'subject', name: 'ada' }, operator);
    expect([status, errors[0].extensions.code]).toEqual([503, 'HUB_UNAVAILABLE']);
    expect(await ask(own, ada)).toBe(401);
  }, 30_000);
});

describe('back-channel logout', () => {
  const send = (gateway: TestGateway, body: string, type = 'application/x-www-form-urlencoded') => fetch(new URL('/backchannel-logout', gateway.url), { method: 'POST', headers: { 'content-type': type }, body });

  it('by the issuer refuses what the subject had, at every gateway', async () => {
    const [one, two] = await pair();
    const ada = await token(one, 'ada', 'viewer');
    const secret = JSON.parse(await readFile(one.devIssuerPath, 'utf8')) as JWK;
    const now = Math.floor(Date.now() / 1_000);
    const logout = await new SignJWT({ events: EVENTS }).setProtectedHeader({ alg: 'ES256', typ: 'logout+jwt', kid: secret.kid }).setIssuer('urn:hubgraph:development').setSubject('ada').setAudience('hubgraph').setJti(newId()).setIssuedAt(now).setExpirationTime(now + 60).sign(await importJWK(secret, 'ES256'));
    const response = await send(one, new URLSearchParams({ logout_token: logout }).toString());
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(await ask(one, ada)).toBe(401);
    await refusedAt(two, ada);
    // an access token is no logout token
    for (const body of [new URLSearchParams({ logout_token: ada }).toString(), '', 'logout_token=a&logout_token=b', 'logout_token=a.b.c']) {
      const refused = await send(one, body);
      expect([refused.status, (await refused.json() as { error: string }).error]).toEqual([400, 'invalid_request']);
    }
    expect((await send(one, `logout_token=${logout}`, 'text/plain')).status).toBe(400);
  });

  it('takes only what the specification calls a logout token', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const verify = createLogoutVerifier({ issuer: 'https://id.example', jwks: { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] }, audiences: ['app'] });
    const now = Math.floor(Date.now() / 1_000);
    const sign = (claims: object, header: object = { typ: 'logout+jwt' }) => new SignJWT({ iss: 'https://id.example', aud: 'app', iat: now, exp: now + 60, jti: 'j', sub: 'ada', events: EVENTS, ...claims }).setProtectedHeader({ alg: 'ES256', ...header }).sign(privateKey);
    const by = 'issuer:https://id.example';
    expect(await verify(await sign({}))).toEqual([{ kind: 'subject', name: 'ada', before: now, by, reason: 'logout' }]);
    expect(await verify(await sign({}, {}))).toHaveLength(1);
    expect(await verify(await sign({ sid: 's1', sub: undefined }))).toEqual([{ kind: 'session', name: 's1', by, reason: 'logout' }]);
    expect(await verify(await sign({ sid: 's1' }))).toEqual([{ kind: 'session', name: 's1', by, reason: 'logout' }, { kind: 'subject', name: 'ada', before: now, by, reason: 'logout' }]);
    const wrong: [object, object?][] = [
      [{ nonce: 'n' }], [{ events: {} }], [{ events: undefined }], [{ sub: undefined }], [{ jti: undefined }], [{ aud: 'hubgraph' }], [{ iss: 'https://other.example' }],
      [{ exp: undefined }], [{ exp: now - 120 }], [{ iat: now - 600 }], [{ iat: undefined }], [{ sub: 7 }], [{}, { typ: 'at+jwt' }],
    ];
    for (const [claims, header] of wrong) await expect(sign(claims, header).then(verify), JSON.stringify([claims, header])).rejects.toThrow();
  });
});
