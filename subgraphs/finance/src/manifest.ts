import type { HubManifest } from '@hubgraph/kit/hub';

/** How this hub is called everywhere. */
export const manifest: HubManifest = { name: 'finance', eventHub: 'finhub', stream: 'EVENTS_FINANCE', port: 4105 };
