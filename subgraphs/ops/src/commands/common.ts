import type { Changes, Work as KitWork } from '@hubgraph/kit/change';
import type { OpsEvents } from '../events.ts';

/** An ops command's hands. */
export type Work = KitWork<OpsEvents>;
export type OpsChanges = Changes<OpsEvents>;
