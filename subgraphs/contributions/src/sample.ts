import { createHash } from 'node:crypto';
import { parse } from 'graphql';
import type { Hub } from '@hubgraph/kit/hub';
import { systemIdentity } from '@hubgraph/kit/identity';
import type { SyncContributionInput } from './contrib/sync-input.ts';
import { sampleSboms } from './sample/sbom.ts';

const identity = systemIdentity('sample');

const CONTRIBUTIONS: readonly Omit<SyncContributionInput, 'source'>[] = [
  {
    type: 'UPR', slug: '2026-02-26--observablehq--framework--toc-sidebar-inject', title: 'Let pages inject into the table of contents', domain: 'custodian', repo: 'state-hub', workstream: 'CUST-WP-0002', topic: 'custodian',
    targetOrg: 'observablehq', targetRepo: 'framework', package: 'pkg:npm/%40observablehq/framework', status: 'DRAFT', createdOn: '2026-02-26',
    body: '## Summary\n\nA page can put a small component above the table of contents, as our dashboard does by a workaround.',
  },
  {
    type: 'BR', slug: '2026-03-09--stuk--jszip--reading-large-archives-blocks-the-page', title: 'Reading large archives blocks the page', domain: 'infotech', repo: 'warehouse', workstream: 'CUST-WP-0025',
    targetOrg: 'Stuk', targetRepo: 'jszip', package: 'pkg:npm/jszip', status: 'SUBMITTED', upstreamUrl: 'https://example.org/Stuk/jszip/issues/1', createdOn: '2026-03-09', submittedOn: '2026-03-10',
    body: '## Summary\n\nAn archive with 40,000 entries freezes the tab for half a minute, because names are read in one go.',
  },
  {
    type: 'FR', slug: '2026-04-02--pypa--packaging--tell-why-a-marker-does-not-match', title: 'Tell why a marker does not match', domain: 'infotech', repo: 'warehouse',
    targetOrg: 'pypa', targetRepo: 'packaging', package: 'pkg:pypi/packaging', status: 'ACKNOWLEDGED', upstreamUrl: 'https://example.org/pypa/packaging/issues/2', answerUrl: 'https://example.org/pypa/packaging/issues/2#answer',
    createdOn: '2026-04-02', submittedOn: '2026-04-02', acknowledgedOn: '2026-04-07', body: '## Summary\n\nAn upload is refused by a marker, and nobody can say which part of it.',
  },
  {
    type: 'EP', slug: 'EP-CUSTODIAN-001', title: 'A hook before a page is rendered', domain: 'custodian', repo: 'state-hub', workstream: 'CUST-WP-0040', topic: 'custodian',
    targetOrg: 'observablehq', targetRepo: 'framework', package: 'pkg:npm/%40observablehq/framework', status: 'ACCEPTED', upstreamUrl: 'https://example.org/observablehq/framework/issues/3', evidence: ['https://example.org/observablehq/framework/issues/3#agreed'],
    createdOn: '2026-05-18', submittedOn: '2026-05-20', acknowledgedOn: '2026-05-21', body: '## Summary\n\nThe dashboard adds live numbers to a page without a fork of the framework.',
  },
  {
    type: 'UPR', slug: '2026-05-04--stuk--jszip--keep-file-dates-across-time-zones', title: 'Keep file dates across time zones', domain: 'infotech', repo: 'warehouse', workstream: 'CUST-WP-0025',
    targetOrg: 'Stuk', targetRepo: 'jszip', package: 'pkg:npm/jszip', status: 'MERGED', upstreamUrl: 'https://example.org/Stuk/jszip/pull/4', evidence: ['https://example.org/Stuk/jszip/commit/4f2a1c9'],
    createdOn: '2026-05-04', submittedOn: '2026-05-05', resolvedOn: '2026-05-12', body: '## Summary\n\nDates in an archive are local times; reading them in another zone moved them by hours.',
  },
  {
    type: 'BR', slug: '2026-06-11--nats-io--nats-js--reconnect-forgets-headers', title: 'Reconnect forgets headers', domain: 'infotech', repo: 'core-hub', targetOrg: 'nats-io', targetRepo: 'nats.js', package: 'pkg:npm/nats', status: 'REJECTED',
    upstreamUrl: 'https://example.org/nats-io/nats.js/issues/5', evidence: ['https://example.org/nats-io/nats.js/issues/5#closed'], reason: 'Works as intended: headers belong to a message, not to a connection.',
    createdOn: '2026-06-11', submittedOn: '2026-06-11', acknowledgedOn: '2026-06-12', resolvedOn: '2026-06-15', body: '## Summary\n\nHeaders that were set before a reconnect are gone after it.',
  },
];

const SYNC = parse('mutation ($input: SyncContributionInput!) { syncContribution(input: $input) { errors { message } } }');

/** Puts this hub's part of the sample organisation in, by its own mutations; what is there already stays as it is. */
export async function sample(hub: Hub): Promise<void> {
  for (const contribution of CONTRIBUTIONS) {
    const sha256 = createHash('sha256').update(JSON.stringify(contribution)).digest('hex');
    const result = await hub.execute({ document: SYNC, variables: { input: { ...contribution, source: { path: `sample/${contribution.slug}.md`, sha256 } } }, identity, requestId: 'sample' });
    const answer = result.data?.syncContribution as { errors: { message: string }[] } | null | undefined;
    const wrong = [...(result.errors ?? []), ...(answer?.errors ?? [])].map((error) => error.message);
    if (wrong.length > 0) throw new Error(`sample data: ${wrong.join(' ')}`);
  }
  await sampleSboms(hub);
}
