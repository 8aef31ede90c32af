import { systemClock } from '@hubgraph/kit/clock';
import { readConfig } from '@hubgraph/kit/config';
import { UsageError } from '@hubgraph/kit/errors';
import { startTracing } from '@hubgraph/kit/trace/start';
import { createLog } from '@hubgraph/kit/log';
import type { HubCaller } from '@hubgraph/gateway/hubs/caller';
import type { Command } from 'commander';
import { existsSync, readFileSync } from 'node:fs';
import { environment, startConfig, startSettings } from '../../config.ts';
import { openDataDir } from '../../data-dir/folder.ts';
import { openSecrets } from '../../data-dir/secrets.ts';
import { exitCodes } from '../../exit-codes.ts';
import { listenError } from '../../topology/port.ts';

interface Options {
  readonly supergraph: string;
  readonly events?: string;
  readonly port?: string;
  readonly hub: readonly (readonly [name: string, url: string])[];
  readonly auth: boolean;
  readonly json?: boolean;
}

/** `gateway`: a gateway alone, over any federation 2 supergraph. */
export function register(program: Command): void {
  program.command('gateway')
    .description('serve a supergraph by a gateway alone; a changed file, or SIGHUP, is gone over to without dropping a request')
    .requiredOption('--supergraph <file>', 'the composed supergraph')
    .option('--events <file>', 'what hubs record and how it reaches clients, as `schema` writes it; without it there are no events')
    .option('--port <number>', 'port to listen on, 0 for a free one (PORT)')
    .option('--hub <name=url>', 'where a hub is, in the place of the address in the supergraph; may be given more than once', (text: string, before: Options['hub']) => [...before, pairOf(text)], [])
    .option('--no-auth', 'serve callers without a token as far as the supergraph allows')
    .option('--json', 'print one JSON line when it listens, and nothing else')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const env = { ...environment(), ...(options.port !== undefined && { PORT: options.port }) };
  const settings = await startConfig(env);
  for (const path of [options.supergraph, ...(options.events === undefined ? [] : [options.events])]) if (!existsSync(path)) throw new UsageError(`There is no file ${path}.`);
  const [{ createGateway }, { remoteCaller }, { subgraphUrls }] = await Promise.all([import('@hubgraph/gateway'), import('@hubgraph/gateway/hubs/remote'), import('@hubgraph/gateway/supergraph/subgraph-urls')]);
  const tracing = await startTracing(env, 'hubgraph-gateway');
  const log = createLog({ level: settings.HUBGRAPH_LOG_LEVEL ?? 'warn' });
  const dir = openDataDir(readConfig(startSettings, env).HUBGRAPH_DATA_DIR);
  const addresses = new Map([...orUsage(() => subgraphUrls(textOf(options.supergraph)), `${options.supergraph} is not a supergraph`), ...options.hub]);
  const key = settings.HUBGRAPH_SERVICE_KEY;
  // a subgraph that is not ours has no health of ours
  const callers = new Map([...addresses].map(([hub, url]): [string, HubCaller] => {
    const caller = remoteCaller({ hub, url, key, clock: systemClock });
    return [hub, key === undefined ? { ...caller, health: undefined } : caller];
  }));
  const gateway = await createGateway({
    supergraphPath: options.supergraph, eventsPath: options.events, watch: true, callers,
    host: settings.HOST, port: settings.PORT, devIssuerPath: dir.devIssuer, anonymous: !options.auth,
    natsUrl: settings.NATS_URL === 'none' ? undefined : settings.NATS_URL, cursorKeys: settings.HUBGRAPH_CURSOR_KEYS ?? [openSecrets(dir).cursorKey],
    development: settings.HUBGRAPH_ENV === 'development', env, log,
  }).catch((error: unknown) => explain(options, settings, error));
  const stopped = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.resolve());
  process.on('SIGHUP', () => void gateway.reload().then((reloaded) => {
    if (reloaded.outcome === 'refused') console.error(`The supergraph is refused, the former one is served on: ${reloaded.reason}`);
  }));
  console.log(options.json ? JSON.stringify({ url: gateway.url, pid: process.pid }) : `The gateway is ready: ${gateway.url}`);
  await stopped.promise;
  await gateway.close();
  await Promise.all([...callers.values()].map((caller) => caller.close()));
  await tracing.stop();
  // what a library left open must not keep a gateway alive that has ended
  process.exit(exitCodes.done.code);
}

/**
 * Why the gateway did not start: what is wrong with the files or the address, if anything is.
 *
 * @throws UsageError, or the error itself
 */
async function explain({ supergraph, events }: Options, { HOST, PORT }: { readonly HOST: string; readonly PORT: number }, error: unknown): Promise<never> {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code !== undefined && syscall === 'listen') throw listenError(HOST, PORT, code);
  const [{ loadSupergraph }, { readEvents }] = await Promise.all([import('@hubgraph/gateway/supergraph/supergraph'), import('@hubgraph/gateway/supergraph/events-file')]);
  const { schema } = orUsage(() => loadSupergraph(textOf(supergraph)), `${supergraph} is not a supergraph that can be served`);
  if (events !== undefined) orUsage(() => readEvents(textOf(events), schema), `${events} does not fit ${supergraph}`);
  throw error;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
}

function orUsage<Result>(work: () => Result, what: string): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const [first = ''] = (error as Error).message.split('\n');
    throw new UsageError(`${what}: ${first}`);
  }
}

function pairOf(text: string): readonly [string, string] {
  const [, name = '', url = ''] = /^([\w-]+)=(.+)$/.exec(text) ?? [];
  if (!URL.canParse(url)) throw new UsageError(`${text} is not a hub's name, =, and its URL.`);
  return [name, url];
}
