import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, expect, test } from 'vitest';
import { openDevIssuer } from '@hubgraph/kit/identity/issuer';
import { startNats } from '../../test/harness/nats.ts';
import { parseDuration } from './duration.ts';

const dataDir = await mkdtemp(join(tmpdir(), 'hubgraph-cli-'));
afterAll(() => rm(dataDir, { recursive: true, force: true }));

function hubgraph(args: readonly string[], env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  const script = join(import.meta.dirname, '../hubgraph.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env: { HUBGRAPH_DATA_DIR: dataDir, ...env } }, (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }));
  });
}

test('--help lists the commands, and every command has its own', async () => {
  const { code, out } = await hubgraph(['--help']);
  expect(code).toBe(0);
  const commands = ['artifacts', 'contrib', 'gateway', 'maintenance', 'migrate', 'repos', 'revocations', 'revoke', 'sbom', 'schema', 'start', 'token', 'workplans'];
  for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
  expect(out).toContain('Exit codes:');
  const helps = await Promise.all(commands.map((command) => hubgraph([command, '--help'])));
  for (const [index, help] of helps.entries()) expect(help).toMatchObject({ code: 0, err: '', out: expect.stringContaining(`Usage: hubgraph ${commands[index]}`) });
});

test.for(['artifacts', 'contrib', 'costs', 'maintenance', 'migrate', 'ops', 'repos', 'sbom', 'streams', 'tokens', 'workplans'])('%s alone lists what it has, on stderr', async (group) => {
  expect(await hubgraph([group])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(new RegExp(`^Usage: hubgraph ${group} [^]*Commands:\\n(?![^]*outputHelp)`)) });
});

test('options that a command shares with the one above it are listed once', async () => {
  expect((await hubgraph(['artifacts', 'ingest', 'guide-board', '--help'])).out.match(/--workstream/g)).toHaveLength(1);
});

test('token prints a token and nothing else', async () => {
  const { code, out, err } = await hubgraph(['token', '--role', 'maintainer', '--role', 'steward', '--sub', 'mara', '--ttl', '2h']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  const { jwks } = await openDevIssuer(join(dataDir, 'dev-issuer.json'));
  const { payload } = await jwtVerify(out.trim(), createLocalJWKSet(jwks), { audience: 'hubgraph' });
  expect(payload).toMatchObject({ sub: 'mara', roles: ['maintainer', 'steward'] });
  expect(payload.exp! - payload.iat!).toBe(7200);
  expect((await stat(join(dataDir, 'dev-issuer.json'))).mode & 0o777).toBe(0o600);
});

test('token --json says what the token may do', async () => {
  const { out } = await hubgraph(['token', '--role', 'viewer', '--scope', 'finance:read', '--sub', 'x', '--json']);
  expect(JSON.parse(out)).toMatchObject({ sub: 'x', roles: ['viewer'], scopes: ['finance:read', 'hub:read'], token: expect.any(String), expiresAt: expect.any(String) });
});

test.for([
  { args: ['token'], code: 2, says: 'Say what the token may do' },
  { args: ['token', '--role', 'king'], code: 2, says: 'There is no role king' },
  { args: ['token', '--scope', 'all'], code: 2, says: 'There is no scope all' },
  { args: ['token', '--role', 'viewer', '--ttl', 'soon'], code: 2, says: 'soon is not a duration' },
  { args: ['revoke'], code: 2, says: 'one of --sub, --jti and --sid' },
  { args: ['revoke', '--sub', 'a', '--jti', 'b'], code: 2, says: 'one of --sub, --jti and --sid' },
  { args: ['revoke', '--jti', 'a', '--before', 'now'], code: 2, says: '--before goes with --sub' },
  { args: ['revoke', '--sub', 'a', '--before', 'soon'], code: 2, says: 'soon is not a time' },
  { args: ['revoke', '--sub', 'a'], code: 8, says: 'Where is NATS?' },
  { args: ['gateway', '--supergraph', 'nowhere.graphql'], code: 2, says: 'There is no file nowhere.graphql' },
  { args: ['gateway', '--supergraph', 'package.json', '--hub', 'x'], code: 2, says: 'x is not a hub' },
  { args: ['gateway', '--supergraph', 'package.json'], code: 2, says: 'package.json is not a supergraph' },
  { args: ['gateway', '--supergraph', 'scripts'], code: 2, says: 'scripts cannot be read' },
  { args: ['tokn'], code: 2, says: "Unknown command 'tokn'" },
  { args: ['start', '--port', 'x'], code: 2, says: 'Wrong setting: PORT=x' },
  { args: ['start', '--bogus'], code: 2, says: "Unknown option '--bogus'" },
  { args: ['maintenance', 'stale-tasks', '--endpoint', 'http://127.0.0.1:1/graphql'], code: 11, says: 'No graph answers at http://127.0.0.1:1/graphql' },
])('$args is one sentence with exit code $code', async ({ args, code, says }) => {
  const answer = await hubgraph(args);
  expect(answer).toMatchObject({ code, out: '', err: expect.stringContaining(says) });
  expect(answer.err.trim().split('\n')).toHaveLength(1);
  const json = await hubgraph([...args, '--json']);
  expect(JSON.parse(json.out)).toEqual({ error: { message: expect.stringContaining(says), exitCode: code } });
});

test('a group of commands alone prints its help and no word of the machinery', async () => {
  expect(await hubgraph(['revocations'])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^Usage: hubgraph revocations(?![^]*outputHelp)/) });
});

test.for(['package.json', 'README.md'])('gateway refuses %s as events', async (events) => {
  const answer = await hubgraph(['gateway', '--supergraph', 'schema/supergraph.graphql', '--events', events, '--port', '0'], { HUBGRAPH_LOG_LEVEL: 'error' });
  expect(answer).toMatchObject({ code: 2, out: '', err: expect.stringMatching(`^${events} does not fit schema/supergraph.graphql: .*\n$`) });
});

test('gateway says that its port is taken', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const answer = await hubgraph(['gateway', '--supergraph', 'schema/supergraph.graphql', '--port', String(port)], { HUBGRAPH_LOG_LEVEL: 'error' });
  expect(answer).toMatchObject({ code: 4, out: '', err: expect.stringContaining(`Port ${port} on 127.0.0.1 is taken`) });
  await new Promise((resolve) => server.close(resolve));
});

test('token refuses where tokens come from an issuer', async () => {
  const { code, err } = await hubgraph(['token', '--role', 'viewer'], { HUBGRAPH_OIDC_ISSUER: 'https://id.example.org' });
  expect({ code, err }).toEqual({ code: 2, err: 'Tokens come from https://id.example.org here (HUBGRAPH_OIDC_ISSUER); development tokens are not accepted.\n' });
});

test('durations', () => {
  expect(['90s', '30m', '1h', '7d'].map(parseDuration)).toEqual([90, 1800, 3600, 604_800]);
  for (const text of ['', '1', 'h', '0h', '-1h', '1.5h', '1w', '366d', '1h ', '99999999999s']) expect(() => parseDuration(text)).toThrow('is not a duration');
});

test('revoke, revocations list and lift agree over NATS', async () => {
  await using nats = await startNats();
  const env = { NATS_URL: nats.url };
  expect(await hubgraph(['revoke', '--sub', 'eve', '--before', 'now', '--reason', 'left', '--for', '2h'], env)).toMatchObject({ code: 0, err: '', out: expect.stringContaining('subject eve, tokens issued up to') });
  expect((await hubgraph(['revoke', '--jti', 't1'], env)).out).toContain('token t1');
  const held = JSON.parse((await hubgraph(['revocations', 'list', '--json'], env)).out) as object[];
  expect(held).toMatchObject([{ kind: 'subject', name: 'eve', reason: 'left', by: expect.stringMatching(/^operator:/) }, { kind: 'token', name: 't1' }]);
  expect(await hubgraph(['revocations', 'lift', '--sub', 'eve'], env)).toMatchObject({ code: 0, out: 'Lifted: subject eve.\n' });
  expect(await hubgraph(['revocations', 'lift', '--sub', 'eve'], env)).toMatchObject({ code: 1, err: expect.stringContaining('Nothing is revoked under eve') });
  expect((await hubgraph(['revocations', 'list'], env)).out).not.toContain('eve');
});
