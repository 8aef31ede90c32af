import type { HubManifest } from '@hubgraph/kit/hub';

/** How this hub is called everywhere. */
export const manifest: HubManifest = { name: 'contributions', eventHub: 'contribhub', stream: 'EVENTS_CONTRIBUTIONS', port: 4102 };
