import { defineCodes } from '@hubgraph/kit/errors';

/** Codes of the guards that only this hub has. */
export const codes = defineCodes({
  OWNER_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Name who takes it.' },
  NOTE_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Say in a note what was done, or why it is none.' },
  REASON_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give a reason.' },
  REASON_GIVEN: { kind: 'refused', retry: 'after-reading', say: 'Give a reason.' },
  LEVEL_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Name the level that receives it.' },
  MITIGATION_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Say what was done.' },
  RESIDUAL_SCORE_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give the score that remains, 1 to 25.' },
  DECISION_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Name the decision by id or code.' },
  REVIEW_DATE_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Set a review date in the future.' },
  EVIDENCE_MISSING: { kind: 'refused', retry: 'after-reading', say: 'Record the missing evidence: the message says kind, environment, age and release.' },
  EVIDENCE_HOLDS: { kind: 'refused', retry: 'no', say: 'Nothing has to fall back.' },
  EXPIRY_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give the day on which the waiver ends, in the future.' },
  RISK_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Surface the risk first and name it by its id.' },
  BUNDLE_INVALID: { kind: 'refused', retry: 'after-reading', say: 'Record passing BUNDLE_VALIDATION evidence of the run.' },
  COUNTS_DIFFER: { kind: 'refused', retry: 'after-reading', say: 'Give both counts; they must be equal.' },
  STAGING_FIRST: { kind: 'refused', retry: 'after-reading', say: 'Import into staging and record the evidence.' },
  DUAL_RUN_MISSING: { kind: 'refused', retry: 'after-reading', say: 'Record DUAL_RUN evidence from staging or production.' },
  GATES_OPEN: { kind: 'refused', retry: 'after-reading', say: 'Pass the gates named in refs, or have them waived.' },
  FALLBACK_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Say whether the legacy fallback remains.' },
  SOAK_TIME: { kind: 'refused', retry: 'later', say: 'Wait until the soak time is over.' },
  ROLLBACK_NOT_REHEARSED: { kind: 'refused', retry: 'after-reading', say: 'Rehearse the rollback and record the evidence.' },
});

export type OpsCode = keyof typeof codes;
