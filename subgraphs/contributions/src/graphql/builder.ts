import { words } from '@hubgraph/kit/graphql/words';
import { createHubBuilder, type HubContext } from '@hubgraph/kit/graphql/builder';
import { pageArgs } from '@hubgraph/kit/graphql/connection';
import { sharedTypes } from '@hubgraph/kit/graphql/shared';
import type { Changes } from '@hubgraph/kit/change';
import type { Sql } from '@hubgraph/kit/sql';
import type { ContributionsEvents } from '../events.ts';
import type { LicencePolicy } from '../licence/policy.ts';
import { CONTRIBUTION_STATUSES, CONTRIBUTION_TYPES, LICENCE_CLASSES } from '../model.ts';

/** What contributions resolvers have in hand. */
export interface ContributionsContext extends HubContext {
  /** Reads outside of transactions. */
  readonly sql: Sql;
  readonly changes: Changes<ContributionsEvents>;
  readonly now: () => Date;
  /** Days after which a submitted contribution needs a follow-up. */
  readonly followUpDays: number;
  /** What licences are a risk. */
  readonly policy: LicencePolicy;
}

/** The hub's schema builder; every file of this folder adds one noun to it. */
export const builder = createHubBuilder<ContributionsContext>();
export const shared = sharedTypes(builder);
export const paging = pageArgs(builder);

/** Reading needs this scope. */
export const READ: ['hub:read'][] = [['hub:read']];

export const ContributionType = words(builder, 'ContributionType', 'Kind of contribution.', CONTRIBUTION_TYPES, { BR: 'Bug report.', FR: 'Feature request.', EP: 'Extension point.', UPR: 'Upstream pull request.' });
export const ContributionStatus = words(builder, 'ContributionStatus', 'State of a contribution.', CONTRIBUTION_STATUSES, {
  DRAFT: 'Written, not sent.', SUBMITTED: 'Sent upstream.', ACKNOWLEDGED: 'Upstream answered.', ACCEPTED: 'Upstream agreed.', REJECTED: 'Upstream declined.', MERGED: 'Landed upstream.', WITHDRAWN: 'Taken back.',
});
export const LicenceClass = words(builder, 'LicenceClass', 'What a licence asks of those who use it.', LICENCE_CLASSES, {
  PERMISSIVE: 'Little more than attribution.', WEAK_COPYLEFT: 'Changes to the component itself are shared.', STRONG_COPYLEFT: 'What is built on it is shared when distributed.', NETWORK_COPYLEFT: 'What is built on it is shared even when only served.',
  PUBLIC_DOMAIN: 'No conditions.', SOURCE_AVAILABLE: 'To be read, with limits on use.', PROPRIETARY: 'Only by agreement.', UNCLASSIFIED: 'A licence that is known by name and not classified.', UNKNOWN: 'Nothing is known; never taken for permissive.',
});

export { loadHistory } from '@hubgraph/kit/graphql/history';
