import type { HubManifest } from '@hubgraph/kit/hub';

/** How this hub is called everywhere. */
export const manifest: HubManifest = { name: 'governance', eventHub: 'statehub', stream: 'EVENTS_GOVERNANCE', port: 4101 };
