import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../exit-codes.ts';

/** In milliseconds. */
const PAUSES = [250, 1_000, 3_000];

/** Asks again while a hub cannot answer, three times with growing pauses; an idempotency key makes that safe for a mutation. */
export async function whenAvailable<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (const pause of PAUSES) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof UsageError) || error.exitCode !== exitCodes.hubUnavailable.code) throw error;
      await delay(pause);
    }
  }
  return ask();
}
