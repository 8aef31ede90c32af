import type { Changes, Work as KitWork } from '@hubgraph/kit/change';
import type { FinanceEvents } from '../events.ts';

/** A finance command's hands. */
export type Work = KitWork<FinanceEvents>;
export type FinanceChanges = Changes<FinanceEvents>;

/** What a sweep did; `more`: it stopped at its batch, so it has to run again. */
export interface Swept {
  readonly done: number;
  readonly more: boolean;
}
