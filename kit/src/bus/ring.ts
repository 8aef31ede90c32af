import type { StreamMessage } from './message.ts';

/** How much a ring keeps, whichever is reached first. Bytes are those of the messages; the parsed events come on top. */
export interface RingSize {
  readonly events: number;
  readonly bytes: number;
}

/** The newest events of a stream, without holes, in memory. */
export interface Ring {
  /** Position of the oldest event kept; one behind `last` when empty. */
  readonly first: number;
  readonly last: number;
  readonly events: number;
  readonly bytes: number;
  /** The message at `seq`, if it is kept. */
  at(seq: number): StreamMessage | undefined;
  /** Adds the event behind the last one; the oldest give way. */
  push(event: StreamMessage): void;
  /** Empties it; the next event is expected at `last` + 1. */
  reset(last: number): void;
}

/** Makes an empty ring. */
export function createRing(size: RingSize, last = 0): Ring {
  // a circular array by sequence: no shifting, and finding a position is a remainder
  const slots: (StreamMessage | undefined)[] = new Array<StreamMessage | undefined>(size.events);
  let first = last + 1;
  let bytes = 0;
  const dropOldest = (): void => {
    const slot = first % size.events;
    bytes -= slots[slot]!.raw.byteLength;
    slots[slot] = undefined;
    first++;
  };
  return {
    get first() { return first; },
    get last() { return last; },
    get events() { return last - first + 1; },
    get bytes() { return bytes; },
    at: (seq) => (seq >= first && seq <= last ? slots[seq % size.events] : undefined),
    push(event) {
      if (event.seq !== last + 1) throw new Error(`event ${event.seq} does not follow ${last}`);
      if (last - first + 1 === size.events) dropOldest();
      slots[event.seq % size.events] = event;
      last = event.seq;
      bytes += event.raw.byteLength;
      while (bytes > size.bytes && first < last) dropOldest();
    },
    reset(to) {
      slots.fill(undefined);
      last = to;
      first = to + 1;
      bytes = 0;
    },
  };
}
