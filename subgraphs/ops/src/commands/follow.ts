import type { CloudEvent } from '@hubgraph/kit/events';
import { newId } from '@hubgraph/kit/ids';
import { Refused } from '@hubgraph/kit/refusal';
import { effectsOf, type Effect } from '../alert/effects.ts';
import type { PoisonMessage } from '../model.ts';
import { poison, positions } from '../store/index.ts';
import { raiseAlert, resolveByKey } from './alert.ts';
import type { Work } from './common.ts';

/** One event of another hub at its place in its stream. */
export interface ForeignEvent {
  readonly stream: string;
  readonly epoch: string;
  readonly position: number;
  readonly event: CloudEvent;
  /** The message as it came. */
  readonly raw: Uint8Array;
}

/** Messages beyond this are kept by their beginning: events are at most as large. */
const MOST_RAW = 64 * 1024;

/**
 * Does what an event asks, once: the place in the stream moves in the same transaction, and an event at or before it has
 * no effect. An event behind one of the same subject that was set aside is set aside too, so that a subject keeps its order.
 *
 * @throws when the event cannot be taken in; nothing is written then.
 */
export async function takeEvent(work: Work, message: ForeignEvent): Promise<{ readonly taken: boolean }> {
  const { stream, epoch, position, event } = message;
  if (!(await positions.advance(work.tx, stream, epoch, position, work.now))) return { taken: false };
  const before = await poison.firstOf(work.tx, stream, event.subject);
  if (before !== null) {
    await poison.insert(work.tx, poisonOf(message, `It waits for position ${before.position} of the same subject.`, work.now));
    return { taken: false };
  }
  await apply(work, event);
  return { taken: true };
}

/** Does what an event asks. @throws Error when an effect is refused. */
export async function apply(work: Work, event: CloudEvent): Promise<void> {
  for (const effect of effectsOf(event)) {
    const answer = effect.do === 'raise' ? await raiseAlert(work, inputOf(effect, event)) : await resolveByKey(work, effect.dedupKey, effect.note);
    if (answer instanceof Refused) throw new Error(answer.errors.map(({ message }) => message).join(' '));
  }
}

function inputOf({ do: _do, labels, ...effect }: Extract<Effect, { do: 'raise' }>, event: CloudEvent) {
  return { ...effect, source: event.source, labels: { ...labels, event: event.type } };
}

/** What tells somebody that messages wait. */
export const poisonKey = (stream: string): string => `poison/${stream}`;

/** Sets an event aside that cannot be taken in, and says so by an alert; the place in the stream moves on. */
export async function setEventAside(work: Work, message: ForeignEvent, reason: string): Promise<{ readonly set: boolean }> {
  const { stream, epoch, position, event } = message;
  if (!(await positions.advance(work.tx, stream, epoch, position, work.now))) return { set: false };
  await poison.insert(work.tx, poisonOf(message, reason, work.now));
  await alertOf(work, { dedupKey: poisonKey(stream), severity: 'ERROR', title: `Events of ${stream} could not be taken in`, detail: `The last: ${event.type} at ${position}. Look at them by \`hubgraph ops poison list\`.` });
  return { set: true };
}

/** Says that events went from a stream before they were read; the place moves behind the gap. */
export async function noteGap(work: Work, gap: { readonly stream: string; readonly epoch: string; readonly position: number; readonly missed: number }): Promise<{ readonly noted: boolean }> {
  const { stream, epoch, position, missed } = gap;
  if (!(await positions.advance(work.tx, stream, epoch, position, work.now))) return { noted: false };
  await alertOf(work, { dedupKey: `gap/${stream}`, severity: 'CRITICAL', title: `${missed} events of ${stream} were gone before they were read`, detail: `Alerts that they would have raised or resolved are missing; the next event is ${position + 1}.` });
  return { noted: true };
}

async function alertOf(work: Work, alert: { dedupKey: string; severity: 'ERROR' | 'CRITICAL'; title: string; detail: string }): Promise<void> {
  const answer = await raiseAlert(work, { ...alert, service: OWN_SERVICE, source: '/hubs/ops' });
  if (answer instanceof Refused) throw new Error(answer.errors.map(({ message }) => message).join(' '));
}

/** The hub itself, as a service: what goes wrong inside of it is about it. */
export const OWN_SERVICE = 'ops';

function poisonOf({ stream, position, event, raw }: ForeignEvent, reason: string, now: Date): PoisonMessage {
  return { id: newId(), stream, position: BigInt(position), type: event.type, subject: event.subject, raw: raw.subarray(0, MOST_RAW), reason, at: now, attempts: 1, outcome: null, settledAt: null, settledBy: null };
}
