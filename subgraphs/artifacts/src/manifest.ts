import type { HubManifest } from '@hubgraph/kit/hub';

/** How this hub is called everywhere. */
export const manifest: HubManifest = { name: 'artifacts', eventHub: 'artifactstore', stream: 'EVENTS_ARTIFACTS', port: 4103 };
