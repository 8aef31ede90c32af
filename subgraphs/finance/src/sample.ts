import type { Hub } from '@hubgraph/kit/hub';

/** Puts this hub's part of the sample organisation in, by its own mutations; what is there already stays as it is. */
export async function sample(_hub: Hub): Promise<void> {}
