import type { PartHealth } from '@hubgraph/kit/hub';
import type { Identity } from '@hubgraph/kit/identity';
import type { ExecutionResult, OperationTypeNode } from 'graphql';

/** One operation for one hub, as the query planner wrote it. */
export interface HubCall {
  readonly query: string;
  readonly operationName?: string;
  readonly kind: `${OperationTypeNode}`;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The end user, verified; undefined only where the gateway serves anonymous callers. */
  readonly identity?: Identity;
  readonly requestId: string;
  readonly traceparent?: string;
  /** Traces of others that it is made for as well. */
  readonly links?: readonly (string | undefined)[];
  /** Aborted when the client is gone or the request's time is over. */
  readonly signal: AbortSignal;
}

/** The way to one hub: in the same process, or over HTTP. */
export interface HubCaller {
  readonly hub: string;
  /**
   * Answers with data of its own: the executor writes into it.
   *
   * @throws PublicError `HUB_UNAVAILABLE` when the hub gave no usable answer within its deadline, `TIMEOUT` when
   * `signal` ended the wait.
   */
  call(call: HubCall): Promise<ExecutionResult>;
  /** What the hub says about itself, where it is not asked in another way; never rejects. */
  health?(): Promise<PartHealth[]>;
  /** Ends connections; calls under way fail as unavailable. Safe to call twice. */
  close(): Promise<void>;
}

/** How long a hub may take, in milliseconds. Mutations write and are not repeated, so they may take longer. */
export interface Deadlines {
  readonly query: number;
  readonly mutation: number;
}
export const DEFAULT_DEADLINES: Deadlines = { query: 5_000, mutation: 30_000 };

/** The time that `call` may take under `deadlines`. */
export function deadlineOf(call: HubCall, deadlines: Deadlines): number {
  return call.kind === 'mutation' ? deadlines.mutation : deadlines.query;
}
