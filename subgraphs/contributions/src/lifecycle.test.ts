import { lifecycleContract } from '../../../test/contract/lifecycle.contract.ts';
import { contributionLifecycle, type ContributionFacts } from './lifecycle.ts';

const base: ContributionFacts = { type: 'UPR', body: 'It breaks.', bodyPath: null, upstreamUrl: 'https://example.org/pr/1', answerUrl: 'https://example.org/pr/1#answer', evidence: ['https://example.org/commit/1'], reason: 'because' };

lifecycleContract('Contribution', contributionLifecycle, base, {
  BODY_REQUIRED: { met: { body: null, bodyPath: 'contrib/body.md' }, unmet: { body: ' ', bodyPath: null } },
  UPSTREAM_URL_REQUIRED: { met: { upstreamUrl: 'https://example.org/pr/1' }, unmet: { upstreamUrl: '' } },
  ANSWER_REQUIRED: { met: { answerUrl: 'https://example.org/pr/1#answer' }, unmet: { answerUrl: null } },
  EVIDENCE_REQUIRED: { met: { evidence: ['https://example.org/commit/1'] }, unmet: { evidence: [' '] } },
  REASON_REQUIRED: { met: { reason: 'because' }, unmet: { reason: ' ' } },
  ACCEPTED_OR_PULL_REQUEST: { met: { type: 'UPR' }, unmet: { type: 'BR' } },
});
