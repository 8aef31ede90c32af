import { execute, GraphQLError, validate, type DocumentNode, type ExecutionResult } from 'graphql';
import { forgetKeys } from './change.ts';
import type { FollowedView } from './bus/follow.ts';
import { createConfirmations } from './confirm.ts';
import { signCursor } from './cursor.ts';
import { PublicError } from './errors.ts';
import { createLoaders } from './graphql/loaders.ts';
import type { HubContext } from './graphql/builder.ts';
import type { Hub, HubDefinition, HubDeps, HubHttp, HubRequest, PartHealth } from './hub.ts';
import { identityOf } from './identity.ts';
import { maskResult } from './mask.ts';
import { hubMetrics } from './metrics/hub-metrics.ts';
import { markOutages } from './outage.ts';
import { startRelay, type Relay } from './relay/relay.ts';
import { streamSettings } from './relay/settings.ts';
import { startSchedule, type Job, type Schedule } from './schedule.ts';
import type { Sql } from './sql.ts';
import { inSpan } from './trace/trace.ts';

/** What a hub brings to the common runtime. */
export interface HubParts<Context extends HubContext> {
  /** Outside of transactions, on the hub's own schema. */
  readonly sql: Sql;
  /** Adds the hub's own things to what every resolver has. */
  context(common: HubContext): Context;
  /** Scheduled work; each job runs on one replica at a time. */
  readonly jobs: readonly Job[];
  /** Set by {@link runHub}: commands call it after a commit to wake the relay. */
  readonly committed: { wake: () => void };
  /** What it serves beside GraphQL. */
  readonly http?: HubHttp;
  /** Begins to follow the events of other hubs; called by {@link Hub.start}. */
  follow?(): Follower;
  /** Of its own parts, besides database and relay. */
  health?(): Promise<readonly PartHealth[]>;
  close(): Promise<void>;
}

/** Something that follows events of other hubs in the background. */
export interface Follower {
  health(): readonly PartHealth[];
  /** How far each stream has been followed. */
  views?(): readonly FollowedView[];
  /** Ends after the event under way. Safe to call twice. */
  stop(): Promise<void>;
}

/** Makes a running hub of its definition, its dependencies and its parts: execution, relay, schedule, health. */
export function runHub<Context extends HubContext>(definition: HubDefinition, deps: HubDeps, parts: HubParts<Context>): Hub {
  const { name } = definition.manifest;
  const confirmations = createConfirmations(parts.sql);
  const validated = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  let relay: Relay | undefined;
  let schedule: Schedule | undefined;
  let follower: Follower | undefined;
  let stopped: Promise<void> | undefined;
  const metrics = deps.metrics && hubMetrics(deps.metrics, name, parts.sql, { relay: () => relay?.status(), follows: () => follower?.views?.() ?? [] });

  const cursorOf = async (outboxIds: readonly number[]): Promise<string | null> => {
    if (outboxIds.length === 0 || deps.natsUrl === undefined) return null;
    const position = await confirmations.position(outboxIds);
    const [key] = deps.cursorKeys;
    return position === null || key === undefined ? null : signCursor(key, { p: { [name]: [position.epoch, position.pos] } });
  };

  const run = (request: HubRequest): Promise<ExecutionResult> =>
    inSpan(() => ({ name: `${name} ${request.operationName ?? 'request'}`, kind: 'server', parent: request.traceparent, attributes: { 'hubgraph.hub': name } }), async (span) => {
      const begun = performance.now();
      const result = await answer(span ? { ...request, traceparent: span.traceparent } : request);
      metrics?.answered(result, performance.now() - begun);
      if (span && result.errors?.length) span.fail(String(result.errors[0]?.extensions.code ?? 'ERROR'));
      return result;
    });

  const answer = async (request: HubRequest): Promise<ExecutionResult> => {
    let problems = validated.get(request.document);
    if (problems === undefined) validated.set(request.document, (problems = validate(definition.schema, request.document)));
    if (problems.length > 0) return { errors: problems.map((problem) => new GraphQLError(problem.message, { nodes: problem.nodes, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })) };
    const identity = request.identity ?? identityOf({ sub: 'anonymous' });
    const contextValue = parts.context({ identity, caller: { identity, traceparent: request.traceparent }, loaders: createLoaders(), cursorOf });
    const result = await execute({ schema: definition.schema, document: request.document, operationName: request.operationName, variableValues: request.variables, contextValue });
    return maskResult(markOutages(result, { hub: name, log: deps.log, requestId: request.requestId }), { log: deps.log, requestId: request.requestId });
  };

  return {
    definition,
    execute: run,
    http: parts.http,
    async health() {
      const health: PartHealth[] = [await database(name, parts.sql), ...((await parts.health?.()) ?? [])];
      if (relay !== undefined) health.push(relay.health());
      if (follower !== undefined) health.push(...follower.health());
      return health;
    },
    async start() {
      relay = startRelay({ databaseUrl: deps.databaseUrl, schema: name, natsUrl: deps.natsUrl, manifest: definition.manifest, settings: streamSettings(deps.env), clock: deps.clock, log: deps.log, reporter: metrics && ((report) => metrics.relayed(report)) });
      parts.committed.wake = () => relay?.wake();
      schedule = startSchedule([...parts.jobs, forgetIdempotencyKeys(parts.sql, deps)], { databaseUrl: deps.databaseUrl, schema: name, clock: deps.clock, log: deps.log });
      follower = parts.follow?.();
    },
    stop() {
      stopped ??= (async () => {
        await Promise.all([schedule?.stop(), follower?.stop()]);
        await relay?.stop();
        await parts.close();
      })();
      return stopped;
    },
  };
}

/** Every hub keeps the answers of its changes for as long as a retry gets them again, and no longer. */
export function forgetIdempotencyKeys(sql: Sql, { clock, log }: Pick<HubDeps, 'clock' | 'log'>): Job {
  return {
    name: 'forget-idempotency-keys',
    cron: '7 * * * *',
    async run() {
      log.info({ forgotten: await forgetKeys(sql, clock.now()) }, 'idempotency keys older than 24 h forgotten');
    },
  };
}

async function database(name: string, sql: Sql): Promise<PartHealth> {
  const part = `${name}.database`;
  try {
    await sql.query('SELECT 1');
    return { part, ready: true };
  } catch (error) {
    return { part, ready: false, reason: error instanceof PublicError ? error.message : 'the database does not answer' };
  }
}
