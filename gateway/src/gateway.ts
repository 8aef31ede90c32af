import { systemClock, type Clock } from '@hubgraph/kit/clock';
import { readConfig } from '@hubgraph/kit/config';
import { streamSettings } from '@hubgraph/kit/relay/settings';
import type { Identity } from '@hubgraph/kit/identity';
import type { PartHealth } from '@hubgraph/kit/hub';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { ownCaller } from './admin/caller.ts';
import { GATEWAY_SUBGRAPH } from './admin/sdl.ts';
import { gatewayConfig } from './config.ts';
import { createApp } from './http/app.ts';
import { explorerPage } from './http/explorer.ts';
import { mountGraphql } from './http/graphql.ts';
import { mountHealth } from './http/health.ts';
import { mountMetrics, serveMetrics, type MetricsServer } from './http/metrics.ts';
import type { HubCaller } from './hubs/caller.ts';
import { watched } from './hubs/watched.ts';
import { openAuthority } from './identity.ts';
import { createMetrics } from './observe/metrics/metrics.ts';
import { readOperationNames } from './observe/operation-names.ts';
import { reporters, type Reporter } from './observe/reporter.ts';
import { slowLog } from './observe/slow-log.ts';
import { createEngine, type Engine } from './query/engine.ts';
import { identify } from './query/identify.ts';
import type { Limits } from './query/limit.ts';
import { openRevocations } from './revocation/revocations.ts';
import { mountRevocations } from './revocation/routes.ts';
import { readEvents, readEventsText } from './supergraph/events-file.ts';
import { openReloader, type Reloaded } from './supergraph/reloader.ts';
import { attachSubscriptions } from './subscription/server.ts';

export interface GatewayOptions {
  /** `schema/supergraph.graphql` */
  readonly supergraphPath: string;
  /** `schema/events.json`; without one there are no events. */
  readonly eventsPath?: string;
  /** By hub name. The gateway does not close them. */
  readonly callers: ReadonlyMap<string, HubCaller>;
  /** What hubs in this process say about themselves. */
  readonly health?: () => Promise<readonly PartHealth[]>;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** File of the development issuer's key, where such an issuer is wanted. */
  readonly devIssuerPath: string;
  /** Whether changed supergraph files are noticed by themselves; default no. */
  readonly watch?: boolean;
  readonly natsUrl?: string;
  /** The first signs event cursors, all verify. */
  readonly cursorKeys: readonly string[];
  /** Introspection, suggestions in messages, the explorer page. */
  readonly development: boolean;
  /** Serve callers without an identity as far as the supergraph allows; default no. */
  readonly anonymous?: boolean;
  /** Where the gateway's own settings are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Hears what metrics hear. */
  readonly reporter?: Reporter;
  /** Where the gateway's metrics go, beside those that are there; one of its own by default. */
  readonly metrics?: Registry;
  /** Folder of the operations that metrics may name. */
  readonly operationsPath?: string;
}

/** A gateway that listens. */
export interface Gateway {
  /** Of the GraphQL endpoint. */
  readonly url: string;
  /** Where metrics are served without a token, if HUBGRAPH_METRICS_PORT says so. */
  readonly metricsUrl: string | undefined;
  readonly engine: Engine;
  /** Looks at the supergraph files and goes over to what is new in them. Never rejects. */
  reload(): Promise<Reloaded>;
  /**
   * Says at once that it is not ready, lets clients go over HUBGRAPH_STOP_TIME, lets requests under way end (at most ten
   * seconds), stops listening. Safe to call twice.
   */
  close(): Promise<void>;
}

/** In milliseconds. */
const FAREWELL = 10_000;

/**
 * Starts a gateway.
 *
 * @throws UsageError for wrong settings; the listen error of Node when host and port cannot be had.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, development, host, clock = systemClock, metrics: registry = new Registry() } = options;
  const settings = readConfig(gatewayConfig, options.env);
  const [supergraphSdl, eventsText, operations, authority] = await Promise.all([
    readFile(options.supergraphPath, 'utf8'),
    readEventsText(options.eventsPath),
    readOperationNames(options.operationsPath),
    openAuthority({ settings, host, devIssuerPath: options.devIssuerPath, clock, log }),
  ]);
  const metrics = createMetrics(registry, operations);
  const slow = settings.HUBGRAPH_SLOW_OPERATION;
  const reporter = reporters(metrics, ...(slow > 0 ? [slowLog(slow, log)] : []), ...(options.reporter ? [options.reporter] : []));
  const callers = new Map([[GATEWAY_SUBGRAPH, ownCaller(() => subscriptions, log)] as const, ...options.callers].map(([hub, caller]) => [hub, watched(caller, reporter)]));
  const limits: Limits = {
    tokens: settings.HUBGRAPH_MAX_TOKENS,
    depth: settings.HUBGRAPH_MAX_DEPTH,
    aliases: settings.HUBGRAPH_MAX_ALIASES,
    rootFields: settings.HUBGRAPH_MAX_ROOT_FIELDS,
    directives: settings.HUBGRAPH_MAX_DIRECTIVES,
    fields: settings.HUBGRAPH_MAX_FIELDS,
    variablesDepth: settings.HUBGRAPH_MAX_VARIABLES_DEPTH,
  };
  const engine = createEngine({ supergraphSdl, callers, log, development, anonymous: options.anonymous, limits, deadline: settings.HUBGRAPH_REQUEST_TIME, reporter });
  const events = readEvents(eventsText, engine.schema);
  const { natsUrl } = options;
  const revocations = openRevocations({ natsUrl, replicas: streamSettings(options.env).replicas, settings, clock, log });
  revocations.onRevoked(({ kind }) => reporter.report('revocation.heard', { kind }));
  const identifyBy = async (authorization: string | undefined): Promise<Identity | undefined> => {
    const identity = await identify(authority.verifier, authorization);
    if (identity) revocations.check(identity);
    return identity;
  };

  const app = createApp({ log, reporter, largestBody: { ordinary: settings.HUBGRAPH_MAX_BODY, ingest: settings.HUBGRAPH_MAX_INGEST_BODY }, identify: identifyBy });
  const subscriptions = attachSubscriptions(app.server, {
    engine, events, settings, development, log, clock,
    identify: identifyBy, revocations, natsUrl, cursorKeys: options.cursorKeys, reporter,
  });
  metrics.observe(subscriptions);
  const reloader = openReloader({
    supergraphPath: options.supergraphPath, eventsPath: options.eventsPath, watch: options.watch ?? false,
    began: { supergraph: supergraphSdl, events: eventsText },
    stage: (sdl) => engine.stage(sdl), enter: (staged, file) => subscriptions.enter(staged, file), reporter, log,
  });
  mountGraphql(app, { engine, streams: subscriptions.streams, identify: identifyBy, page: development ? explorerPage(authority.issuer) : undefined });
  mountMetrics(app, { registry, token: settings.HUBGRAPH_METRICS_TOKEN, identify: identifyBy });
  mountRevocations(app, { revocations, identify: identifyBy, logout: authority.logout });
  if (development) app.get('/', async (_request, reply) => reply.redirect('/graphql'));
  const { issuer } = authority;
  if (issuer) app.get('/.well-known/jwks.json', async () => issuer.jwks);
  let closing: Promise<void> | undefined;
  mountHealth(app, async () => {
    const remote = [...callers.values()].map((caller) => caller.health?.() ?? []);
    const own: PartHealth = { part: 'gateway', ready: closing === undefined, reason: closing && 'the gateway stops' };
    return (await Promise.all([own, options.health?.() ?? [], ...remote, subscriptions.health(), revocations.health(), reloader.health()])).flat();
  });

  let metricsServer: MetricsServer | undefined;
  try {
    if (settings.HUBGRAPH_METRICS_PORT !== undefined) metricsServer = await serveMetrics(registry, settings.HUBGRAPH_METRICS_HOST, settings.HUBGRAPH_METRICS_PORT);
    await app.listen({ host, port: options.port });
  } catch (error) {
    await Promise.all([metricsServer?.close(), reloader.stop(), subscriptions.stop(), revocations.stop(), app.close()]);
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/graphql`,
    metricsUrl: metricsServer?.url,
    engine,
    reload: () => reloader.reload(),
    close: () =>
      (closing ??= (async () => {
        await reloader.stop();
        await subscriptions.stop();
        const closed = app.close();
        await Promise.race([closed, delay(FAREWELL, undefined, { ref: false })]);
        app.server.closeAllConnections();
        await closed;
        await revocations.stop();
        await metricsServer?.close();
      })()),
  };
}
