import type { Changes, Work as KitWork } from '@hubgraph/kit/change';
import type { ArtifactsEvents } from '../events.ts';

/** An artifacts command's hands. */
export type Work = KitWork<ArtifactsEvents>;
export type ArtifactsChanges = Changes<ArtifactsEvents>;
