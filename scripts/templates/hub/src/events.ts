import { defineEvents } from '@hubgraph/kit/events';
import { z } from 'zod';
import { manifest } from './manifest.ts';
import { GIZMO_STATUSES } from './model.ts';

const gizmo = (description: string) => ({
  version: 1,
  description,
  feed: 'gizmoChanged',
  data: z.object({ id: z.uuid().describe('Key of the entity'), title: z.string(), from: z.enum(GIZMO_STATUSES).nullable(), to: z.enum(GIZMO_STATUSES), version: z.int().positive().describe('Version of the entity after the change') }),
});

/** What others may rely on from workshop. */
export const events = defineEvents({
  manifest,
  feeds: {
    gizmoChanged: {
      noun: 'Gizmo',
      description: 'Gizmos as they change state.',
      status: 'GizmoStatus',
      scopes: [['hub:read']],
      filter: {
        domains: { type: '[String!]', path: 'domain', description: 'Slugs of domains.' },
        statuses: { type: '[GizmoStatus!]', path: 'data.to', description: 'States after the change.' },
        types: { type: '[String!]', path: 'type', description: 'Full event types.' },
      },
    },
  },
  types: {
    'gizmolower.opened': gizmo('A gizmo was opened.'),
    'gizmolower.closed': gizmo('A gizmo is over.'),
  },
});

export type WorkshopEvents = (typeof events)['types'];
