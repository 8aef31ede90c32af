import { defineCodes } from '@hubgraph/kit/errors';

/** Codes of the guards that only this hub has. */
export const codes = defineCodes({
  BODY_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Write the body, or say where it stands, by updateContribution.' },
  UPSTREAM_URL_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give the link to the issue upstream; of an upstream pull request, to the pull request or patch.' },
  ANSWER_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give the link to what upstream answered.' },
  EVIDENCE_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give a link that shows it; of a merge, the merge commit or the release.' },
  REASON_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give a reason.' },
  ACCEPTED_OR_PULL_REQUEST: { kind: 'refused', retry: 'after-reading', say: 'Accept it first; only an upstream pull request is merged without.' },
});

export type ContributionsCode = keyof typeof codes;
