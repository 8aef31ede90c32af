import { defineCodes } from '@hubgraph/kit/errors';

/** Codes of the guards and closure blockers that only this hub has. */
export const codes = defineCodes({
  OWNER_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Name an owner first.' },
  DEPENDENCIES_KNOWN: { kind: 'refused', retry: 'after-reading', say: 'Every dependency must exist in the graph.' },
  REASON_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give a reason.' },
  SUCCESSOR_OR_REVIEW_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Classify every open task, or name the workstream that supersedes this one.' },
  OPEN_TASKS: { kind: 'refused', retry: 'after-reading', say: 'Finish, cancel or carry the open tasks first.' },
  CLOSURE_ACCEPTED: { kind: 'refused', retry: 'after-reading', say: 'Complete with a closure review that clears every blocker.' },
  DECISION_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Name an accepted decision that says why.' },
  WORKSTREAM_ACTIVE: { kind: 'refused', retry: 'after-reading', say: 'The workstream must be active.' },
  NOT_BLOCKED: { kind: 'refused', retry: 'after-reading', say: 'What the task depends on must be done first.' },
  WAITING_ON_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Say what the task waits for.' },
  BLOCKER_MET: { kind: 'refused', retry: 'after-reading', say: 'The blocker must be met, or overruled with a reason.' },
  COMPLETION_NOTE_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Say what was done.' },
  ACCEPTANCE_TICKED: { kind: 'refused', retry: 'after-reading', say: 'Tick every point of the acceptance list.' },
  IN_CLOSURE_REVIEW: { kind: 'refused', retry: 'after-reading', say: 'Only a closure review carries a task forward.' },
  RATIONALE_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Write the options, the choice and the rationale.' },
  DECIDERS_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Name who decides.' },
  STEWARD_FOR_CROSS_DOMAIN: { kind: 'refused', retry: 'no', say: 'A decision that binds several domains is for a steward.' },
  SUCCESSOR_ACCEPTED: { kind: 'refused', retry: 'after-reading', say: 'The superseding decision must be accepted.' },
  TEXT_FROZEN: { kind: 'refused', retry: 'no', say: 'The text of a decision is frozen once accepted: supersede it.' },
  TASK_UNCLASSIFIED: { kind: 'refused', retry: 'after-reading', say: 'Classify the task as done, cancelled or carry-forward.' },
  TASK_CLASSIFIED_TWICE: { kind: 'refused', retry: 'after-reading', say: 'Classify every task exactly once.' },
  TASK_UNKNOWN: { kind: 'refused', retry: 'after-reading', say: 'Only tasks of this workstream can be classified.' },
  TASK_NOT_DONE: { kind: 'refused', retry: 'after-reading', say: 'Complete the task, or classify it otherwise.' },
  TASK_ALREADY_CLOSED: { kind: 'refused', retry: 'after-reading', say: 'Classify a closed task as what it is.' },
  CANCEL_REASON_MISSING: { kind: 'refused', retry: 'after-reading', say: 'Say why the task is cancelled.' },
  CARRY_TARGET_MISSING: { kind: 'refused', retry: 'after-reading', say: 'Name the workstream that receives the task.' },
  CARRY_TARGET_CLOSED: { kind: 'refused', retry: 'after-reading', say: 'The receiving workstream must exist and be proposed, active or paused.' },
  BLOCKING_DECISION_OPEN: { kind: 'refused', retry: 'after-reading', say: 'Decide the blocking decision first.' },
  REVIEW_NOT_OPEN: { kind: 'refused', retry: 'after-reading', say: 'Open a closure review first.' },
  SOLE_AUTHOR: { kind: 'refused', retry: 'no', say: 'Somebody else must review: the reviewer may not be the only author.' },
  CYCLE: { kind: 'refused', retry: 'no', say: 'The dependency would close a cycle.' },
});

export type GovernanceCode = keyof typeof codes;
