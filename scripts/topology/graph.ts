import type { HubDefinition } from '@hubgraph/kit/hub';
import { createLog, type LogOptions } from '@hubgraph/kit/log';
import { startTracing } from '@hubgraph/kit/trace/start';
import { Registry } from 'prom-client';
import { startConfig, type Environment, type StartSettings } from '../config.ts';
import { acquireLock } from '../data-dir/lock.ts';
import { openDataDir } from '../data-dir/folder.ts';
import { openSampleRecord } from '../data-dir/sample.ts';
import { openSecrets } from '../data-dir/secrets.ts';
import { endLeftovers } from '../embedded/leftovers.ts';
import { hubNames, loadHubs } from '../hubs.ts';
import { openGateway } from './gateway.ts';
import { openHubs } from './hubs.ts';
import { isLoopback, requirePort } from './port.ts';
import type { Progress } from './progress.ts';
import { openBacking } from './servers.ts';

/** A running graph with everything that it needs. */
export interface Graph {
  /** Where clients send GraphQL. */
  readonly url: string;
  readonly dataDir: string;
  /** Resolves with one sentence when a part is gone for good and the graph has to end. */
  readonly lost: Promise<string>;
  /** Ends in the order gateway, hubs, servers, and gives the data folder free. Safe to call twice. */
  stop(): Promise<void>;
}

/** How to start one. */
export interface GraphOptions {
  readonly env: Environment;
  readonly progress: Progress;
  /** Ends a start that is under way: what was started is stopped in order, and the start rejects with the reason. */
  readonly signal: AbortSignal;
}

/**
 * Starts servers, hubs and gateway.
 *
 * @throws UsageError with one sentence and its exit code for everything that a person can put right; what had been
 * started is stopped again before.
 */
export async function startGraph(options: GraphOptions): Promise<Graph> {
  const { env, progress, signal } = options;
  const settings = await startConfig(env);
  await using stack = new AsyncDisposableStack();
  const dir = openDataDir(settings.HUBGRAPH_DATA_DIR);
  stack.adopt(acquireLock(dir, plannedUrl(settings)), (lock) => lock.release());
  // after the lock: a second start on the same folder and port is told who holds both
  await requirePort(settings.HOST, settings.PORT);
  const log = createLog(logOptions(settings, dir.file('logs/hubgraph.log')));
  for (const done of await endLeftovers(dir)) progress.step(`After an unclean end: ${done}`);

  const tracing = await startTracing(env, 'hubgraph');
  stack.defer(() => tracing.stop());
  const metrics = new Registry();
  const secrets = openSecrets(dir);
  const names = hubNames();
  progress.step(`Starting on ${dir.path}`);
  const backing = await openBacking({ settings, dir, secrets, hubs: names, path: env.PATH, progress, log });
  stack.defer(() => backing.stop());
  // the servers start in processes of their own meanwhile
  const [definitions, urls, natsUrl] = await abortable(signal, Promise.all([loadDefinitions(progress), backing.databases, backing.nats]));
  await abortable(signal, migrate(names, urls, progress));

  const cursorKeys = settings.HUBGRAPH_CURSOR_KEYS ?? [secrets.cursorKey];
  const serviceKey = settings.HUBGRAPH_SERVICE_KEY ?? secrets.serviceKey;
  const embedded = settings.DATABASE_URL === undefined;
  const hubs = await abortable(signal, openHubs({
    definitions, urls, natsUrl, cursorKeys, serviceKey, settings, env, log, metrics, progress,
    filesDir: (hub) => dir.file(`hubs/${hub}`),
    authority: { host: settings.HOST, devIssuerPath: dir.devIssuer },
    logFor: (hub) => logOptions(settings, dir.file(`logs/${hub}.log`)),
    sample: settings.HUBGRAPH_SAMPLE ?? (embedded ? 'yes' : 'none'), record: openSampleRecord(dir),
  }), (late) => late.stop());
  stack.defer(() => hubs.stop());

  const gateway = await abortable(signal, openGateway({ settings, environment: environmentOf(settings), dir, hubs, natsUrl, cursorKeys, env, log, metrics }), (late) => late.close());
  stack.defer(() => gateway.close());
  log.info({ url: gateway.url, topology: settings.HUBGRAPH_TOPOLOGY, dataDir: dir.path }, 'the graph is ready');
  const moved = stack.move();
  let stopping: Promise<void> | undefined;
  return { url: gateway.url, dataDir: dir.path, lost: backing.lost, stop: () => (stopping ??= moved.disposeAsync()) };
}

async function loadDefinitions(progress: Progress): Promise<HubDefinition[]> {
  const { generateClients } = await import('../generate.ts');
  const written = await generateClients();
  if (written.length > 0) progress.step(`Prisma clients written (${written.join(', ')})`);
  // planner and composition are the largest part of the loading: let both happen at once with the hubs
  const [definitions] = await Promise.all([loadHubs(), import('@hubgraph/gateway')]);
  progress.step('Code is loaded');
  return definitions;
}

async function migrate(hubs: readonly string[], urls: ReadonlyMap<string, string>, progress: Progress): Promise<void> {
  const { migrateHub } = await import('../migrate.ts');
  const applied = await Promise.all(hubs.map((name) => migrateHub({ name, url: urls.get(name) ?? '' })));
  const count = applied.flat().length;
  if (count > 0) progress.step(`Databases are migrated (${count} migration${count === 1 ? '' : 's'})`);
}

/** A person at the terminal sees warnings; who sets the level wants the whole log on stderr too, as containers do. */
function logOptions({ HUBGRAPH_LOG_LEVEL: level }: StartSettings, file: string): LogOptions {
  return { level: level ?? 'info', file, stderr: level === 'silent' ? undefined : level ?? 'warn' };
}

/** Development is what a person on one machine has: our own database, nobody else can connect. */
function environmentOf(settings: StartSettings): 'development' | 'production' {
  return settings.HUBGRAPH_ENV ?? (settings.DATABASE_URL === undefined && isLoopback(settings.HOST) ? 'development' : 'production');
}

function plannedUrl(settings: StartSettings): string {
  const host = settings.HOST.includes(':') ? `[${settings.HOST}]` : settings.HOST;
  return settings.PORT === 0 ? `a free port of ${host}` : `http://${host}:${settings.PORT}/graphql`;
}

/**
 * `work`, or the signal's reason as soon as it is aborted; what `work` still produces then goes to `discard`.
 */
async function abortable<Result>(signal: AbortSignal, work: Promise<Result>, discard?: (late: Result) => Promise<void>): Promise<Result> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } catch (error) {
    if (signal.aborted) await work.then(discard, () => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

