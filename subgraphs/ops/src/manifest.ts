import type { HubManifest } from '@hubgraph/kit/hub';

/** How this hub is called everywhere. */
export const manifest: HubManifest = { name: 'ops', eventHub: 'opshub', stream: 'EVENTS_OPS', port: 4104 };
