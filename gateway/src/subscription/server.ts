import { systemClock, type Clock } from '@hubgraph/kit/clock';
import type { PartHealth } from '@hubgraph/kit/hub';
import type { Identity } from '@hubgraph/kit/identity';
import { handleProtocols } from 'graphql-ws';
import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { WebSocketServer, type WebSocket } from 'ws';
import { silentReporter, type Reporter } from '../observe/reporter.ts';
import type { Engine } from '../query/engine.ts';
import type { Ground } from './begin.ts';
import type { EventsFile } from './catalogue.ts';
import { openSubscriptionPath, type SubscriptionPath } from './pipeline.ts';
import { createProtocol } from './protocol.ts';
import type { SubscriptionSettings } from './settings.ts';
import { connect } from './socket.ts';
import { createTenures, type Revoked } from './tenure.ts';
import { keepClients, type Client } from './clients.ts';
import { createStreams, type Streams } from './http/streams.ts';

/** What the subscription path needs of the gateway. */
export interface SubscriptionDeps {
  readonly engine: Engine;
  /**
   * Who holds the credentials of an `Authorization` header (or the same text in `connection_init`): undefined for none,
   * a rejection with a PublicError for bad ones.
   */
  identify(authorization: string | undefined): Promise<Identity | undefined>;
  /** Ends the connections of whom it revokes; without it nobody is. */
  readonly revocations?: Revoked;
  /** `schema/events.json`, parsed. */
  readonly events: EventsFile;
  /** Without one, events are off and every subscription is refused with `HUB_UNAVAILABLE`. */
  readonly natsUrl?: string;
  /** The first signs event cursors, all verify. At least one. */
  readonly cursorKeys: readonly string[];
  readonly settings: SubscriptionSettings;
  /** In development pages of any origin may open sockets. */
  readonly development: boolean;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly reporter?: Reporter;
}

/** The sockets of one gateway. */
export interface Subscriptions {
  /** One line for each stream that is followed. */
  health(): PartHealth[];
  /** What runs at present. */
  readonly path: Pick<SubscriptionPath, 'live' | 'sources' | 'seats'>;
  /** Connections open at present, over whatever transport, each with its session. */
  readonly clients: Iterable<Client>;
  /** How many these are. */
  readonly sockets: number;
  /** Subscriptions over HTTP. */
  readonly streams: Streams;
  /** Goes over to another supergraph and its events; as {@link SubscriptionPath.enter}. */
  enter: SubscriptionPath['enter'];
  /**
   * Refuses new connections, closes the open ones with 1001 and their cursors over HUBGRAPH_STOP_TIME, ends the reading.
   * Safe to call twice.
   */
  stop(): Promise<void>;
}

const PATH = '/graphql';

/** Takes over the upgrade requests of `server` and serves graphql-transport-ws at /graphql. */
export function attachSubscriptions(server: Server, deps: SubscriptionDeps): Subscriptions {
  const { engine, settings, log, identify, development, clock = systemClock, reporter = silentReporter } = deps;
  const path = openSubscriptionPath({ engine, events: deps.events, natsUrl: deps.natsUrl, cursorKeys: deps.cursorKeys, settings, reporter, log });
  const ground: Ground = { engine, path, settings, log, tenures: createTenures({ identify, revocations: deps.revocations, clock, warning: settings.HUBGRAPH_TOKEN_WARNING, reporter }) };
  const protocol = createProtocol({ ...ground, identify, acknowledged: (socket, sub) => reporter.report('socket.acknowledged', { socket, sub }), refused: (code) => reporter.report('subscription.refused', { transport: 'ws', code }) });
  const sockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: settings.HUBGRAPH_WS_MAX_MESSAGE, handleProtocols });
  const clients = keepClients(settings.HUBGRAPH_WS_KEEPALIVE);
  const streams = createStreams({ ground, reporter }, clients, () => stopped !== undefined);
  let stopped: Promise<void> | undefined;

  const accept = (socket: WebSocket, request: IncomingMessage): void => {
    const connection = connect(socket, request, { ground, reporter, log });
    clients.add(connection);
    protocol.serve(connection);
  };

  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    stream.on('error', (error) => log.debug({ err: error }, 'connection error'));
    const refusal = stopped ? 503 : refusalOf(request, clients.size);
    if (refusal === undefined) sockets.handleUpgrade(request, stream, head, accept);
    else {
      reporter.report('connection.refused', { status: refusal });
      refuse(stream, refusal);
    }
  };

  const refusalOf = (request: IncomingMessage, open: number): number | undefined => {
    if (request.url?.split('?')[0] !== PATH) return 404;
    if (request.headers['sec-websocket-version'] !== '13') return 426;
    // Node keeps the first and drops the others; which one was meant cannot be known
    if ((request.headersDistinct.authorization?.length ?? 0) > 1) return 400;
    if (!development && !isAllowed(request, settings.HUBGRAPH_WS_ORIGINS ?? [])) return 403;
    return open >= settings.HUBGRAPH_WS_MAX_SOCKETS ? 503 : undefined;
  };

  server.on('upgrade', upgrade);

  return {
    health: () => path.health(),
    enter: (staged, events) => path.enter(staged, events),
    streams, path, clients,
    get sockets() { return clients.size; },
    stop() {
      stopped ??= (async () => {
        await clients.stop(settings.HUBGRAPH_STOP_TIME);
        await path.stop();
        server.off('upgrade', upgrade);
      })();
      return stopped;
    },
  };
}

/** A browser names the page that opens the socket; whoever sends no Origin is none. */
function isAllowed(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

function refuse(stream: Duplex, status: number): void {
  const extra = status === 503 ? 'Retry-After: 1\r\n' : status === 426 ? 'Sec-WebSocket-Version: 13\r\n' : '';
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${extra}Content-Length: 0\r\n\r\n`);
}
