import { beginSpan, type Span, type SpanStart } from '@hubgraph/kit/trace/trace';
import type { Frame } from './hydrate.ts';
import type { Entry } from './source.ts';
import type { Delivery } from './topics.ts';

// Where the trace of a change goes on from: its event as it was received, then the answer that was made for it.
const received = new WeakMap<Entry, string>();
const made = new WeakMap<Frame, string>();

/** Whoever subscribed in a trace. */
export interface Traced {
  readonly traceparent?: string;
}

/** Clients whose own traces one frame is linked with; more would make the span larger than what it tells. */
const LINKS = 32;

/** The span of an event that arrives at the gateway, in the trace of its change. To be ended by whoever offers it to the topics. */
export function receivingSpan(hub: string, entry: Entry): Span | undefined {
  const span = beginSpan(() => ({
    name: `receive ${entry.event.type}`, kind: 'consumer', parent: entry.event.traceparent, root: entry.event.traceparent === undefined,
    attributes: { 'messaging.system': 'nats', 'messaging.operation.type': 'receive', 'hubgraph.hub': hub, 'hubgraph.position': entry.seq, 'messaging.message.id': entry.event.id },
  }));
  if (span) received.set(entry, span.traceparent);
  return span;
}

/** How the answering of an event begins. What comes from the past has a trace of its own, linked with that of its change. */
export function hydratingSpan({ hub, entry, replayed }: Delivery): SpanStart {
  const { type, traceparent } = entry.event;
  const parent = replayed ? undefined : (received.get(entry) ?? traceparent);
  return { name: `hydrate ${type}`, parent, root: parent === undefined, links: replayed ? [traceparent] : [], attributes: { 'hubgraph.hub': hub, 'hubgraph.position': entry.seq } };
}

/** Remembers that `frame` was made within `span`. */
export function madeWithin(frame: Frame, span: Span | undefined): Frame {
  if (span) made.set(frame, span.traceparent);
  return frame;
}

/** The span of writing a frame to these clients, linked with the traces that they subscribed in. */
export function writingSpan(frame: Frame, type: string, clients: Iterable<Traced>): Span | undefined {
  return beginSpan(() => ({ name: `write ${type}`, kind: 'producer', parent: made.get(frame), root: !made.has(frame), links: linksOf(clients) }));
}

function linksOf(clients: Iterable<Traced>): string[] {
  const links: string[] = [];
  for (const { traceparent } of clients) {
    if (traceparent !== undefined) links.push(traceparent);
    if (links.length === LINKS) break;
  }
  return links;
}
