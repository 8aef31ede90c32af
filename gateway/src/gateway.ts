import { systemClock, type Clock } from '@hubgraph/kit/clock';
import { readConfig } from '@hubgraph/kit/config';
import type { PartHealth } from '@hubgraph/kit/hub';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { gatewayConfig } from './config.ts';
import { createApp } from './http/app.ts';
import { explorerPage } from './http/explorer.ts';
import { mountGraphql } from './http/graphql.ts';
import { mountHealth } from './http/health.ts';
import type { HubCaller } from './hubs/caller.ts';
import { openAuthority } from './identity.ts';
import type { Reporter } from './observe/reporter.ts';
import { createEngine, type Engine } from './query/engine.ts';
import { identify } from './query/identify.ts';
import type { Limits } from './query/limit.ts';
import type { EventsFile } from './subscription/catalogue.ts';
import { attachSubscriptions } from './subscription/server.ts';

export interface GatewayOptions {
  /** `schema/supergraph.graphql` */
  readonly supergraphPath: string;
  /** `schema/events.json` */
  readonly eventsPath: string;
  /** By hub name. The gateway does not close them. */
  readonly callers: ReadonlyMap<string, HubCaller>;
  /** What hubs in this process say about themselves. */
  readonly health?: () => Promise<readonly PartHealth[]>;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** File of the development issuer's key, where such an issuer is wanted. */
  readonly devIssuerPath: string;
  readonly natsUrl?: string;
  /** The first signs event cursors, all verify. */
  readonly cursorKeys: readonly string[];
  /** Introspection, suggestions in messages, the explorer page. */
  readonly development: boolean;
  /** Where the gateway's own settings are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly reporter?: Reporter;
}

/** A gateway that listens. */
export interface Gateway {
  /** Of the GraphQL endpoint. */
  readonly url: string;
  readonly engine: Engine;
  /** Closes sockets, lets requests under way end (at most ten seconds), stops listening. Safe to call twice. */
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
  const { log, development, callers, host, clock = systemClock } = options;
  const settings = readConfig(gatewayConfig, options.env);
  const [supergraphSdl, events, authority] = await Promise.all([
    readFile(options.supergraphPath, 'utf8'),
    readFile(options.eventsPath, 'utf8').then((text) => JSON.parse(text) as EventsFile),
    openAuthority({ settings, host, devIssuerPath: options.devIssuerPath, clock, log }),
  ]);
  const limits: Limits = {
    tokens: settings.HUBGRAPH_MAX_TOKENS,
    depth: settings.HUBGRAPH_MAX_DEPTH,
    aliases: settings.HUBGRAPH_MAX_ALIASES,
    rootFields: settings.HUBGRAPH_MAX_ROOT_FIELDS,
    directives: settings.HUBGRAPH_MAX_DIRECTIVES,
    fields: settings.HUBGRAPH_MAX_FIELDS,
    variablesDepth: settings.HUBGRAPH_MAX_VARIABLES_DEPTH,
  };
  const engine = createEngine({ supergraphSdl, callers, log, development, limits, deadline: settings.HUBGRAPH_REQUEST_TIME });
  const identifyBy = (authorization: string | undefined) => identify(authority.verifier, authorization);

  const app = createApp({ log, largestBody: { ordinary: settings.HUBGRAPH_MAX_BODY, ingest: settings.HUBGRAPH_MAX_INGEST_BODY }, identify: identifyBy });
  const subscriptions = attachSubscriptions(app.server, {
    engine, events, settings, development, log, clock,
    identify: identifyBy, natsUrl: options.natsUrl, cursorKeys: options.cursorKeys, reporter: options.reporter,
  });
  mountGraphql(app, { engine, identify: identifyBy, page: development ? explorerPage(authority.issuer) : undefined });
  if (development) app.get('/', async (_request, reply) => reply.redirect('/graphql'));
  const { issuer } = authority;
  if (issuer) app.get('/.well-known/jwks.json', async () => issuer.jwks);
  mountHealth(app, async () => {
    const remote = [...callers.values()].map((caller) => caller.health?.() ?? []);
    return (await Promise.all([options.health?.() ?? [], ...remote, subscriptions.health()])).flat();
  });

  try {
    await app.listen({ host, port: options.port });
  } catch (error) {
    await Promise.all([subscriptions.stop(), app.close()]);
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;

  let closing: Promise<void> | undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/graphql`,
    engine,
    close: () =>
      (closing ??= (async () => {
        await subscriptions.stop();
        const closed = app.close();
        await Promise.race([closed, delay(FAREWELL, undefined, { ref: false })]);
        app.server.closeAllConnections();
        await closed;
      })()),
  };
}
