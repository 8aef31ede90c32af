import { userInfo } from 'node:os';
import { revocationConfig } from '@hubgraph/gateway/revocation/settings';
import { readConfig } from '@hubgraph/kit/config';
import { UsageError } from '@hubgraph/kit/errors';
import type { Revocation, RevocationKind } from '@hubgraph/kit/identity/revocations';
import { streamSettings } from '@hubgraph/kit/relay/settings';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Command } from 'commander';
import { environment } from '../../config.ts';
import { exitCodes } from '../../exit-codes.ts';
import { runningNatsUrl } from '../../topology/nats-url.ts';
import { parseDuration } from '../duration.ts';
import { table } from '../table.ts';

interface Named {
  readonly sub?: string;
  readonly jti?: string;
  readonly sid?: string;
  readonly json?: boolean;
}
interface RevokeOptions extends Named {
  readonly before?: string;
  readonly for?: string;
  readonly reason?: string;
}

/** `revoke` and `revocations`: whose tokens no gateway takes any more. */
export function register(program: Command): void {
  withName(program.command('revoke'))
    .description('refuse the tokens of a subject, one token, or those of a login at every gateway, and cut their connections, within seconds')
    .option('--before <time>', 'with --sub: only tokens issued up to this moment, or `now`')
    .option('--for <duration>', 'how long it holds, such as 12h or 30d; HUBGRAPH_REVOCATION_HOURS when left out')
    .option('--reason <text>', 'for whoever reads the list')
    .option('--json', 'print JSON')
    .action(revoke);
  const revocations = program.command('revocations').description('look at what is revoked, and lift it');
  revocations.command('list')
    .description('what is revoked at present')
    .option('--json', 'print JSON')
    .action(list);
  withName(revocations.command('lift'))
    .description('let the tokens in again that are not over by themselves')
    .option('--json', 'print JSON')
    .action(lift);
}

function withName(command: Command): Command {
  return command
    .option('--sub <name>', 'the subject: a person, an agent or a service')
    .option('--jti <id>', 'id of one token')
    .option('--sid <id>', 'id of a login, where the issuer puts it into its tokens');
}

async function revoke(options: RevokeOptions): Promise<void> {
  const what = nameIn(options);
  if (options.before !== undefined && what.kind !== 'subject') throw new UsageError('--before goes with --sub.');
  const now = Math.floor(Date.now() / 1_000);
  const before = options.before === undefined ? undefined : options.before === 'now' ? now : Math.floor(Date.parse(options.before) / 1_000);
  if (Number.isNaN(before)) throw new UsageError(`${options.before} is not a time: write it as 2026-01-31T12:00:00Z, or now.`);
  const seconds = options.for === undefined ? readConfig(revocationConfig, environment()).HUBGRAPH_REVOCATION_HOURS * 3_600 : parseDuration(options.for);
  const revocation = await checked({ ...what, ...(before !== undefined && { before }), until: now + seconds, at: new Date().toISOString(), by: operator(), ...(options.reason && { reason: options.reason }) });
  await withNats(async (connection, log) => log.publishRevocation(connection, revocation, streamSettings(environment()).replicas));
  console.log(options.json ? JSON.stringify(revocation) : `Revoked until ${timeOf(revocation.until)}: ${said(revocation)}.`);
}

async function list({ json }: { readonly json?: boolean }): Promise<void> {
  const held = (await withNats((connection, log) => log.readRevocations(connection))).filter(holds);
  if (json) return console.log(JSON.stringify(held));
  console.log(table(['Revoked', 'Until', 'By', 'At', 'Reason'], held.map((one) => [said(one), timeOf(one.until), one.by, one.at, one.reason ?? ''])));
}

async function lift(options: Named): Promise<void> {
  const { kind, name } = nameIn(options);
  const lifted = await withNats(async (connection, log) => {
    const held = (await log.readRevocations(connection)).filter((one) => holds(one) && one.kind === kind && one.name === name);
    for (const one of held) await log.publishRevocation(connection, { ...one, lifted: true, at: new Date().toISOString(), by: operator() }, streamSettings(environment()).replicas);
    return held.length;
  });
  if (lifted === 0) throw new UsageError(`Nothing is revoked under ${name}.`, exitCodes.no.code);
  console.log(options.json ? JSON.stringify({ lifted }) : `Lifted: ${kind} ${name}.`);
}

function nameIn({ sub, jti, sid }: Named): { readonly kind: RevocationKind; readonly name: string } {
  const given = ([['subject', sub], ['token', jti], ['session', sid]] as const).flatMap(([kind, name]) => (name === undefined ? [] : [{ kind, name }]));
  const [one, ...more] = given;
  if (!one || more.length > 0) throw new UsageError('Say whose tokens: one of --sub, --jti and --sid.');
  return one;
}

async function checked(revocation: Revocation): Promise<Revocation> {
  const { revocationShape } = await import('@hubgraph/kit/identity/revocations');
  const read = revocationShape.safeParse(revocation);
  if (!read.success) throw new UsageError(`That cannot be revoked: ${read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join(', ')}.`);
  return read.data;
}

async function withNats<Result>(work: (connection: NatsConnection, log: typeof import('@hubgraph/kit/bus/revocation-log')) => Promise<Result>): Promise<Result> {
  const natsUrl = runningNatsUrl();
  if (natsUrl === undefined) throw new UsageError('Where is NATS? Start the graph, or set NATS_URL. Without NATS each gateway keeps its own revocations: POST them to its /revocations.', exitCodes.natsUnreachable.code);
  const [{ connectBus }, log, { silentLog }] = await Promise.all([import('@hubgraph/kit/bus/bus'), import('@hubgraph/kit/bus/revocation-log'), import('@hubgraph/kit/log')]);
  const bus = connectBus(natsUrl, silentLog(), 'hubgraph-revoke');
  try {
    const connection = await bus.connected(AbortSignal.timeout(5_000)).catch(() => {
      throw new UsageError(`NATS does not answer: ${bus.trouble() ?? 'no connection within 5 s'}.`, exitCodes.natsUnreachable.code);
    });
    return await work(connection, log);
  } finally {
    await bus.close();
  }
}

const holds = ({ lifted, until }: Revocation): boolean => !lifted && until * 1_000 > Date.now();
const operator = (): string => `operator:${userInfo().username}`.slice(0, 256);
const timeOf = (second: number): string => new Date(second * 1_000).toISOString();
const said = ({ kind, name, before }: Revocation): string => `${kind} ${name}${before === undefined ? '' : `, tokens issued up to ${timeOf(before)}`}`;
