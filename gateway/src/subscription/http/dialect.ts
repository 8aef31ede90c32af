import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Frame } from '../hydrate.ts';
import type { Transport } from './accept.ts';

/** How one transport writes a single operation into a response that stays open. */
export interface Dialect {
  readonly transport: Transport;
  readonly contentType: string;
  /** What the response begins with. */
  readonly opening: string;
  /** One event: the same bytes for everybody who gets the frame, made once. */
  event(frame: Frame): Uint8Array;
  /** The result of a query or mutation. */
  result(result: ExecutionResult): string;
  /** Why the operation ends before its end. */
  failure(errors: readonly GraphQLError[]): string;
  /** Keeps the connection in use; tells where the client may resume, and that it has caught up, if the transport has a place for it. */
  heartbeat(cursor: string | undefined, hasCaughtUp?: boolean): string;
  /** The last words of a gateway that stops: where the client may resume, and after how many milliseconds. */
  farewell(cursor: string | undefined, retryAfter: number): string;
  /** The operation is at its end. */
  readonly ending: string;
}

/** Makes `write` run once per frame. */
export function oncePerFrame(write: (frame: Frame) => string): (frame: Frame) => Uint8Array {
  const written = new WeakMap<Frame, Uint8Array>();
  return (frame) => {
    let bytes = written.get(frame);
    if (!bytes) written.set(frame, (bytes = Buffer.from(write(frame))));
    return bytes;
  };
}
