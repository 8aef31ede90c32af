import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { ContributionsCode } from './errors.ts';
import type { ContributionStatus, ContributionType } from './model.ts';

/** What the guards of a contribution look at; gathered with the row locked. */
export interface ContributionFacts {
  readonly type: ContributionType;
  readonly body: string | null;
  readonly bodyPath: string | null;
  /** As stored, or as the verb gives it. */
  readonly upstreamUrl: string | null;
  /** What the verb gives: link to upstream's answer, links that show it, reason. */
  readonly answerUrl: string | null;
  readonly evidence: readonly string[];
  readonly reason: string | null;
}

type ContributionGuard = Guard<ContributionFacts> & { readonly code: ContributionsCode };

const met: readonly [] = [];
const hasBody: ContributionGuard = { code: 'BODY_REQUIRED', about: 'there is a body, or the path of one', unmet: (facts) => (facts.body?.trim() || facts.bodyPath?.trim() ? met : [{ message: 'There is neither a body nor the path of one.' }]) };
const hasUpstreamUrl: ContributionGuard = {
  code: 'UPSTREAM_URL_REQUIRED',
  input: true,
  about: 'the upstream URL is known; of a UPR, the pull request or patch',
  unmet: (facts) => (facts.upstreamUrl?.trim() ? met : [{ message: facts.type === 'UPR' ? 'The link to the pull request or patch is needed.' : 'The link to the issue upstream is needed.' }]),
};
const hasAnswer: ContributionGuard = { code: 'ANSWER_REQUIRED', input: true, about: 'upstream\'s answer is linked', unmet: (facts) => (facts.answerUrl?.trim() ? met : [{ message: 'The link to upstream\'s answer is needed.' }]) };
const hasEvidence: ContributionGuard = { code: 'EVIDENCE_REQUIRED', input: true, about: 'evidence is linked; of a merge, the merge commit or the release', unmet: (facts) => (facts.evidence.some((link) => link.trim()) ? met : [{ message: 'Evidence is needed.' }]) };
const hasReason: ContributionGuard = { code: 'REASON_REQUIRED', input: true, about: 'a reason is given', unmet: (facts) => (facts.reason?.trim() ? met : [{ message: 'A reason is needed.' }]) };
const isPullRequest: ContributionGuard = { code: 'ACCEPTED_OR_PULL_REQUEST', about: 'it is an upstream pull request, if upstream has not accepted it before', unmet: (facts) => (facts.type === 'UPR' ? met : [{ message: `A ${facts.type} is accepted before it is merged.` }]) };

/** The contribution lifecycle. BR and FR: accepted = upstream confirmed; merged = the fix or feature landed. */
export const contributionLifecycle = defineLifecycle({
  noun: 'Contribution',
  states: {
    DRAFT: { about: 'written here, not sent' },
    SUBMITTED: { about: 'sent upstream' },
    ACKNOWLEDGED: { about: 'upstream answered' },
    ACCEPTED: { about: 'upstream agreed' },
    REJECTED: { about: 'upstream declined, with a reason' },
    MERGED: { about: 'landed upstream', terminal: true },
    WITHDRAWN: { about: 'taken back, with a reason; this is also how one is deleted', terminal: true },
  },
  births: [{ verb: 'draftContribution', to: 'DRAFT', who: ['author', 'maintainer'], emits: 'contribution.drafted' }],
  rows: [
    { verb: 'submitContribution', from: ['DRAFT'], to: 'SUBMITTED', who: ['author', 'maintainer'], when: [hasBody, hasUpstreamUrl], emits: 'contribution.submitted' },
    { verb: 'acknowledgeContribution', from: ['SUBMITTED'], to: 'ACKNOWLEDGED', who: ['author', 'maintainer'], when: [hasAnswer], emits: 'contribution.acknowledged' },
    { verb: 'acceptContribution', from: ['SUBMITTED', 'ACKNOWLEDGED'], to: 'ACCEPTED', who: ['author', 'maintainer'], when: [hasEvidence], emits: 'contribution.accepted', about: 'upstreams do accept without an answer before' },
    { verb: 'rejectContribution', from: ['SUBMITTED', 'ACKNOWLEDGED'], to: 'REJECTED', who: ['author', 'maintainer'], when: [hasEvidence, hasReason], emits: 'contribution.rejected' },
    { verb: 'rejectContribution', from: ['ACCEPTED'], to: 'REJECTED', who: ['maintainer'], when: [hasReason], emits: 'contribution.rejected', about: 'upstream reverted its decision' },
    { verb: 'mergeContribution', from: ['ACCEPTED'], to: 'MERGED', who: ['author', 'maintainer'], when: [hasEvidence], emits: 'contribution.merged' },
    { verb: 'mergeContribution', from: ['SUBMITTED', 'ACKNOWLEDGED'], to: 'MERGED', who: ['author', 'maintainer'], when: [isPullRequest, hasEvidence], emits: 'contribution.merged', about: 'pull requests are merged without an answer before; the skipped steps are recorded' },
    { verb: 'withdrawContribution', from: ['DRAFT', 'SUBMITTED', 'ACKNOWLEDGED', 'ACCEPTED'], to: 'WITHDRAWN', who: ['author', 'maintainer'], when: [hasReason], emits: 'contribution.withdrawn', about: 'a contribution is never deleted otherwise' },
    { verb: 'reopenContribution', from: ['REJECTED'], to: 'ACKNOWLEDGED', who: ['maintainer'], when: [hasAnswer], emits: 'contribution.reopened', about: 'upstream took it up again' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<ContributionStatus, string, ContributionFacts>>[0]);
