import type { HubManifest } from '@hubgraph/kit/hub';

/** How this hub is called everywhere. */
export const manifest: HubManifest = { name: 'workshop', eventHub: 'workshophub', stream: 'EVENTS_WORKSHOP', port: 4100 };
