import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '@hubgraph/kit/errors';
import { systemClock } from '@hubgraph/kit/clock';
import { silentLog } from '@hubgraph/kit/log';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { serveGateway } from '../test/serve.ts';
import { openAuthority, type AuthorityOptions } from './identity.ts';

let answerNow: (text: string) => void = () => {};
let asked: () => void = () => {};
const works = { sdl: 'type Query { slow: String }', resolvers: { Query: { slow: () => new Promise<string>((resolve) => (asked(), (answerNow = resolve))) } } };

describe('a gateway', () => {
  it('lets a request under way end before it stops', async () => {
    const own = await serveGateway({ works });
    const reached = new Promise<void>((resolve) => (asked = resolve));
    const response = fetch(own.url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${await own.token('viewer')}` }, body: '{"query":"{ slow }"}' });
    await reached;
    const closed = own.close();
    answerNow('done');
    expect(await (await response).json()).toEqual({ data: { slow: 'done' } });
    await closed;
    await expect(fetch(own.url)).rejects.toThrow();
    await own.gateway.close();
  });

  it('rejects with the error of the address that it cannot have', async () => {
    await using first = await serveGateway({ works });
    await expect(serveGateway({ works }, { port: Number(new URL(first.url).port) })).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'listen' });
  });

  it('takes its limits from its settings, and refuses wrong ones', async () => {
    await using small = await serveGateway({ works }, { env: { HUBGRAPH_MAX_TOKENS: '5', HUBGRAPH_MAX_BODY: '1024' } });
    const post = (body: string) => fetch(small.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(await (await post('{"query":"{ a b c d e }"}')).json()).toMatchObject({ errors: [{ extensions: { code: 'OPERATION_TOO_LARGE', what: 'tokens', limit: 5 } }] });
    expect((await post(`{"query":"{ a }"${' '.repeat(2_000)}}`)).status).toBe(413);
    await expect(serveGateway({ works }, { env: { HUBGRAPH_MAX_DEPTH: 'deep' } })).rejects.toThrow(UsageError);
  });
});

describe('whose tokens are believed', () => {
  const decide = async (settings: AuthorityOptions['settings'], host = '127.0.0.1', log = silentLog()) => {
    const folder = await mkdtemp(join(tmpdir(), 'authority-'));
    return openAuthority({ settings, host, devIssuerPath: join(folder, 'key.json'), clock: systemClock, log }).finally(() => rm(folder, { recursive: true }));
  };

  it('those of a configured issuer and no others', async () => {
    expect((await decide({ HUBGRAPH_OIDC_ISSUER: 'https://id.example' }, '0.0.0.0')).issuer).toBeUndefined();
  });

  it('development tokens on the loopback, loudly', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    expect((await decide({}, '::1', log)).issuer).toBeDefined();
    expect(lines.join()).toContain('DEVELOPMENT TOKENS ARE ACCEPTED');
  });

  it.each<[string, AuthorityOptions['settings'], string]>([
    ['development tokens where others can connect', {}, '0.0.0.0'],
    ['development tokens on a name', {}, 'example.org'],
    ['development tokens beside an issuer', { HUBGRAPH_AUTH: 'development', HUBGRAPH_OIDC_ISSUER: 'https://id.example' }, '127.0.0.1'],
    ['an issuer that is not named', { HUBGRAPH_AUTH: 'oidc' }, '127.0.0.1'],
  ])('never %s', async (_name, settings, host) => {
    await expect(decide(settings, host)).rejects.toThrow(UsageError);
  });
});
