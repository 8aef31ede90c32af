import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Clock } from './clock.ts';
import type { EventCatalogue } from './events.ts';
import type { ErrorCatalogue } from './errors.ts';
import type { Identity } from './identity.ts';
import type { Verifier } from './identity/verify.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { ConfigTable } from './config.ts';

/** The fixed facts of one hub: how it is called in the graph, in NATS and in PostgreSQL. */
export interface HubManifest {
  /** Folder under `subgraphs/`, subgraph name in the supergraph, PostgreSQL schema, CloudEvents source `/hubs/<name>`. */
  readonly name: string;
  /** Second word of every event type: `org.<eventHub>.<noun>.<verb>`. */
  readonly eventHub: string;
  /** JetStream stream, `EVENTS_<NAME>`. */
  readonly stream: string;
  /** HTTP port in the `processes` topology unless configured. */
  readonly port: number;
}

/** What a hub is before it runs: everything the schema pipeline, the migrations and the wiring need. */
export interface HubDefinition {
  readonly manifest: HubManifest;
  /** The executable subgraph schema; resolvers take what they need from their context, so it exists without a database. */
  readonly schema: GraphQLSchema;
  readonly events: EventCatalogue;
  readonly lifecycles: readonly Lifecycle[];
  readonly errors: ErrorCatalogue;
  readonly config: ConfigTable;
  /** Connects and wires one hub; nothing runs until {@link Hub.start}. */
  create(deps: HubDeps): Promise<Hub>;
  /**
   * Puts the hub's part of the sample organisation in, through its own commands, on the first start of an embedded
   * database. A start that was cut off calls it again: what is there already must not be doubled.
   */
  sample?(hub: Hub): Promise<void>;
}

/** What the outside gives to a hub. */
export interface HubDeps {
  /** PostgreSQL URL of the hub's database and role; the hub works in the schema named after it. */
  readonly databaseUrl: string;
  /** NATS URL, or undefined: events then stay in the outbox until there is one. */
  readonly natsUrl?: string;
  /** Keys that sign event cursors: the first signs, all verify. */
  readonly cursorKeys: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Where the hub's metrics go; without it there are none. */
  readonly metrics?: Registry;
  /** Is told of every statement that the hub reads by. */
  readonly observeSql?: (text: string) => void;
  /** Checks the bearer tokens of those who come by {@link Hub.http}; undefined: nobody's are believed, and a hub lets nobody in. */
  readonly verifier?: Verifier;
  /** The environment the hub reads its own settings from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder for what the hub keeps in files unless its settings say otherwise; it makes the folder itself. Undefined: there is none, and a hub that needs one refuses to start without its setting. */
  readonly filesDir?: string;
  /** Origin that clients reach {@link Hub.http} by, such as `http://127.0.0.1:4103`; asked each time, because a port may be given late. */
  readonly publicUrl?: () => string;
}

/** One GraphQL request to a hub, from the gateway or a sister hub that has already proved who it is. */
export interface HubRequest {
  readonly document: DocumentNode;
  readonly operationName?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The end user, as the gateway verified it; undefined only for introspection by the pipeline. */
  readonly identity?: Identity;
  readonly requestId?: string;
  readonly traceparent?: string;
  readonly signal?: AbortSignal;
}

/** One line of `/health/ready`. */
export interface PartHealth {
  /** Such as `governance.database`, `governance.relay`. */
  readonly part: string;
  readonly ready: boolean;
  /** Why it is not ready, in one clause. */
  readonly reason?: string;
}

/** What a hub serves beside GraphQL, where a graph is the wrong road: bytes up and down, events and webhooks of others. */
export interface HubHttp {
  /** What every path begins with, such as `/artifacts/`; the hub's own, whatever server carries it. */
  readonly prefixes: readonly string[];
  /**
   * Answers one request, proves by itself who asks, bounds what it reads. Never rejects: what goes wrong is answered or,
   * when an answer has begun, ends the connection.
   */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** A hub that can answer. */
export interface Hub {
  readonly definition: HubDefinition;
  /** Executes one request. Never throws for what the client did: such things are in the result. */
  execute(request: HubRequest): Promise<ExecutionResult>;
  readonly http?: HubHttp;
  health(): Promise<PartHealth[]>;
  /** Starts relay and scheduled work. */
  start(): Promise<void>;
  /** Ends both, waits for what is under way, closes connections. Safe to call twice. */
  stop(): Promise<void>;
}
