import type { Changes, Work as KitWork } from '@hubgraph/kit/change';
import type { FinanceEvents } from '../events.ts';

/** A finance command's hands. */
export type Work = KitWork<FinanceEvents>;
export type FinanceChanges = Changes<FinanceEvents>;
