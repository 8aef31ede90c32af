import { defineEvents } from '@hubgraph/kit/events';
import { z } from 'zod';
import { manifest } from './manifest.ts';
import { HOLD_STATUSES, LOCATION_STATUSES, PACKAGE_STATUSES, RETENTION_CLASSES } from './model.ts';

const READ = [['hub:read']] as const;
const key = (of: string) => z.string().nullish().describe(of);

/** What every event of a package tells; `id` is the package's. */
const packageData = {
  id: z.uuid().describe('Id of the package'),
  from: z.enum(PACKAGE_STATUSES).nullable(),
  to: z.enum(PACKAGE_STATUSES),
  version: z.int().positive(),
  producer: z.string(),
  subject: z.string(),
  repo: key('Slug of the repo'),
  workstream: key('Code of the workstream'),
  task: key('Code of the task'),
  service: key('Slug of the service'),
  retentionClass: z.enum(RETENTION_CLASSES),
  expiresAt: z.iso.datetime().nullish().describe('Until when it is kept; null: for ever'),
  manifestDigest: z.string().nullish(),
  fileCount: z.int(),
  byteCount: z.int(),
  reason: z.string().nullish(),
};
const ofPackage = (description: string) => ({ version: 1, description, feed: 'artifactPackageChanged', data: z.object(packageData) });
const ofHold = (description: string) => ({ version: 1, description, feed: 'artifactPackageChanged', data: z.object({ ...packageData, holdId: z.uuid(), hold: z.enum(HOLD_STATUSES), authority: z.string() }) });
const scrub = (description: string) => ({
  version: 1,
  description,
  data: z.object({
    id: z.uuid().describe('Id of the storage location'), blake3: z.string(), sha256: z.string(), backend: z.string(), found: z.enum(LOCATION_STATUSES), repairedFrom: key('Backend that the bytes were taken from again'),
    packages: z.array(z.uuid()).max(50).describe('Packages that need the bytes; at most 50 are named'), packageCount: z.int(), workstreams: z.array(z.string()).max(50), repos: z.array(z.string()).max(50), services: z.array(z.string()).max(50),
  }),
});

/** What others may rely on from artifacts. */
export const events = defineEvents({
  manifest,
  feeds: {
    artifactPackageChanged: {
      noun: 'ArtifactPackage',
      description: 'Packages of evidence as they change state, retention or holds.',
      status: 'ArtifactPackageStatus',
      scopes: READ,
      filter: {
        domains: { type: '[String!]', path: 'domain', description: 'Slugs of domains.' },
        repos: { type: '[String!]', path: 'data.repo', description: 'Slugs of repos.' },
        workstreams: { type: '[String!]', path: 'data.workstream', description: 'Codes of workstreams.' },
        services: { type: '[String!]', path: 'data.service', description: 'Slugs of services.' },
        ids: { type: '[ID!]', path: 'data.id', description: 'Ids of packages.' },
        statuses: { type: '[ArtifactPackageStatus!]', path: 'data.to', description: 'States after the change.' },
        types: { type: '[String!]', path: 'type', description: 'Full event types.' },
      },
      snapshot: { list: 'artifactPackages', order: 'CREATED', filter: { statuses: 'statuses', domains: 'domains', repos: 'repos', workstreams: 'workstreams', services: 'services', ids: 'ids' }, unless: { statuses: ['CREATED', 'UPLOADING', 'FINALIZED', 'FAILED'] } },
    },
  },
  types: {
    'package.created': ofPackage('A package of evidence was begun.'),
    'package.updated': ofPackage('What is written of a package that is not finalized changed.'),
    'package.uploading': ofPackage('Files of a package were announced.'),
    'package.finalized': ofPackage('A package is complete and immutable; its manifest digest is fixed.'),
    'package.failed': ofPackage('A package came to no end: a storage error, or no progress for 24 hours.'),
    'package.deleted': ofPackage('A package was deleted by somebody; its manifest stays.'),
    'retention.extended': ofPackage('A package is kept longer.'),
    'retention.shortened': ofPackage('A package is kept shorter.'),
    'hold.placed': ofHold('A hold was placed on a package.'),
    'hold.released': ofHold('A hold was released.'),
    'scrub.failed': scrub('Stored bytes are lost or changed.'),
    'scrub.repaired': scrub('Stored bytes that were lost or changed are right again.'),
  },
});

export type ArtifactsEvents = (typeof events)['types'];
