import type { CloudEvent } from '@hubgraph/kit/events';
import { isUuid } from '@hubgraph/kit/ids';
import { textProblems } from '@hubgraph/kit/fields';
import { invalidInput, notFound, Refused } from '@hubgraph/kit/refusal';
import type { PoisonMessage } from '../model.ts';
import { poison } from '../store/index.ts';
import { resolveByKey } from './alert.ts';
import type { Work } from './common.ts';
import { apply, poisonKey } from './follow.ts';

/** Takes a message in that was set aside; the oldest of its subject, because a subject keeps its order. */
export async function replayPoison(work: Work, input: { readonly id: string }): Promise<{ poisonMessage: PoisonMessage } | Refused> {
  const message = await waiting(work, input.id);
  if (message instanceof Refused) return message;
  const first = message.subject === null ? null : await poison.firstOf(work.tx, message.stream, message.subject);
  if (first !== null && first.id !== message.id) return invalidInput(['id'], `Another message of ${message.subject} comes before it: replay or discard ${first.id} first.`);
  try {
    await apply(work, JSON.parse(new TextDecoder().decode(message.raw)) as CloudEvent);
  } catch (error) {
    // Whatever the database says fails the transaction anyway; what is told here is why the event itself is unfit.
    return invalidInput(['id'], `It still cannot be taken in: ${(error as Error).message.slice(0, 500)}`);
  }
  return settle(work, message, 'REPLAYED');
}

/** Gives a message up that was set aside, with a reason. What it would have raised or resolved stays as it is. */
export async function discardPoison(work: Work, input: { readonly id: string; readonly reason: string }): Promise<{ poisonMessage: PoisonMessage } | Refused> {
  const message = await waiting(work, input.id);
  if (message instanceof Refused) return message;
  const wrong = textProblems({ reason: input.reason });
  if (wrong.length > 0) return new Refused(wrong);
  if (input.reason.trim() === '') return invalidInput(['reason'], 'A reason is needed.');
  return settle(work, { ...message, reason: `${message.reason} Discarded: ${input.reason}` }, 'DISCARDED');
}

async function waiting(work: Work, id: string): Promise<PoisonMessage | Refused> {
  const message = isUuid(id) ? await poison.lockById(work.tx, id) : null;
  if (message === null) return notFound('message that was set aside', id);
  return message.outcome === null ? message : invalidInput(['id'], `It was ${message.outcome.toLowerCase()} by ${message.settledBy} at ${message.settledAt?.toISOString()}.`);
}

async function settle(work: Work, message: PoisonMessage, outcome: 'REPLAYED' | 'DISCARDED'): Promise<{ poisonMessage: PoisonMessage }> {
  const poisonMessage = await poison.save(work.tx, message.id, { outcome, reason: message.reason, attempts: message.attempts + (outcome === 'REPLAYED' ? 1 : 0), settledAt: work.now, settledBy: work.caller.sub });
  if (!(await poison.waiting(work.tx)).has(message.stream)) await resolveByKey(work, poisonKey(message.stream), 'No message waits any longer.');
  return { poisonMessage };
}
