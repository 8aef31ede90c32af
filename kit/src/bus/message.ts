import type { MsgHdrs } from '@nats-io/transport-node';
import type { CloudEvent } from '../events.ts';

/** One event at its place in a stream. */
export interface StreamEvent {
  /** Sequence in the stream = position in the hub's outbox. */
  readonly seq: number;
  readonly event: CloudEvent;
  /** The event's JSON as the stream has it. */
  readonly raw: Uint8Array;
}

/** A message at its place in a stream; without `event` when it is none of ours, and then readers pass over it. */
export interface StreamMessage {
  readonly seq: number;
  readonly event: CloudEvent | undefined;
  readonly raw: Uint8Array;
}

/** Metadata that the relay gives to a stream. */
export const EPOCH_KEY = 'epoch';
/** Up to here the stream is a refill of what it held before: whoever starts at the tail starts behind it. */
export const REFILL_KEY = 'refillTo';

/** `Nats-Msg-Id` of a position: the server recognises a repetition, and a reader the stream's generation. */
export function messageId(epoch: string, pos: number): string {
  return `ob-${epoch}-${pos}`;
}

const MESSAGE_ID = /^ob-([0-9a-f-]{36})-(\d+)$/;

/** The epoch that the message at `seq` was published under; undefined when it is not the relay's. */
export function epochOf(headers: MsgHdrs | undefined, seq: number): string | undefined {
  const [, epoch, pos] = MESSAGE_ID.exec(headers?.get('Nats-Msg-Id') ?? '') ?? [];
  return Number(pos) === seq ? epoch : undefined;
}

const decoder = new TextDecoder();

/** Reads a message; without event when its body is no JSON. */
export function messageOf(seq: number, raw: Uint8Array): StreamMessage {
  try {
    return { seq, raw, event: JSON.parse(decoder.decode(raw)) as CloudEvent };
  } catch {
    return { seq, raw, event: undefined };
  }
}

/** Stream sequence in the reply subject of a delivered message (`$JS.ACK...`, with or without domain and account). */
export function sequenceIn(reply: string | undefined): number {
  const words = reply?.split('.') ?? [];
  return Number(words[words.length > 9 ? 7 : 5]);
}
