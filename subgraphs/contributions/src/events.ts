import { defineEvents } from '@hubgraph/kit/events';
import { z } from 'zod';
import { manifest } from './manifest.ts';
import { CONTRIBUTION_STATUSES, CONTRIBUTION_TYPES } from './model.ts';

const READ = [['hub:read']] as const;
const id = z.uuid().describe('Key of the entity');

const contribution = (description: string) => ({
  version: 1,
  description,
  feed: 'contributionChanged',
  data: z.object({
    id, slug: z.string(), type: z.enum(CONTRIBUTION_TYPES), from: z.enum(CONTRIBUTION_STATUSES).nullable(), to: z.enum(CONTRIBUTION_STATUSES), version: z.int().positive(), targetOrg: z.string(), targetRepo: z.string(),
    repo: z.string().nullish().describe('Slug of our repo'), workstream: z.string().nullish().describe('Code of the workstream'), package: z.string().nullish().describe('Purl of the package it is about'), reason: z.string().nullish(), imported: z.boolean().optional().describe('True for a past state that a file told of'),
  }),
});

/** What others may rely on from contributions. */
export const events = defineEvents({
  manifest,
  feeds: {
    contributionChanged: {
      noun: 'Contribution',
      description: 'Contributions as they change state or content.',
      status: 'ContributionStatus',
      scopes: READ,
      filter: {
        domains: { type: '[String!]', path: 'domain', description: 'Slugs of domains.' },
        repos: { type: '[String!]', path: 'data.repo', description: 'Slugs of our repos.' },
        workstreams: { type: '[String!]', path: 'data.workstream', description: 'Codes of workstreams.' },
        slugs: { type: '[String!]', path: 'data.slug', description: 'Slugs of contributions.' },
        contributionTypes: { type: '[ContributionType!]', path: 'data.type', description: 'Kinds of contribution.' },
        statuses: { type: '[ContributionStatus!]', path: 'data.to', description: 'States after the change.' },
        types: { type: '[String!]', path: 'type', description: 'Full event types.' },
      },
      snapshot: { list: 'contributions', order: 'CREATED', filter: { contributionTypes: 'types', statuses: 'statuses' } },
    },
    sbomIngested: {
      noun: 'Sbom',
      description: 'Bills of materials as they are taken in.',
      scopes: READ,
      filter: {
        domains: { type: '[String!]', path: 'domain', description: 'Slugs of domains.' },
        repos: { type: '[String!]', path: 'data.repo', description: 'Slugs of repos.' },
      },
      snapshot: { list: 'sboms', order: 'REPO', filter: { repos: 'repos' }, per: { node: 'repo.slug', event: 'data.repo' } },
    },
  },
  types: {
    'contribution.drafted': contribution('A contribution was drafted.'),
    'contribution.updated': contribution('A contribution\'s content changed without a change of state.'),
    'contribution.submitted': contribution('A contribution was sent upstream.'),
    'contribution.acknowledged': contribution('Upstream answered.'),
    'contribution.accepted': contribution('Upstream agreed.'),
    'contribution.rejected': contribution('Upstream declined.'),
    'contribution.merged': contribution('What was contributed landed upstream.'),
    'contribution.withdrawn': contribution('A contribution was taken back; this is also how one is deleted.'),
    'contribution.reopened': contribution('Upstream took a rejected contribution up again.'),
    'sbom.ingested': {
      version: 1,
      description: 'A repo\'s bill of materials changed: a new current snapshot.',
      feed: 'sbomIngested',
      data: z.object({
        id, repo: z.string(), version: z.int().positive().describe('Counts the bills of materials of the repo from 1'), previous: z.uuid().nullable().describe('Id of the snapshot before'), packageCount: z.int().nullable(), added: z.int(), removed: z.int(), changed: z.int(),
        licenceRisks: z.array(z.string()).max(200).describe('Purls of direct production dependencies with an effective copyleft licence of the policy; at most 200 are named'), licenceRiskCount: z.int(),
      }),
    },
    'licence.concluded': { version: 1, description: 'Somebody concluded what licence a package has.', data: z.object({ id, purl: z.string(), expression: z.string(), licenceClass: z.string() }) },
  },
});

export type ContributionsEvents = (typeof events)['types'];
