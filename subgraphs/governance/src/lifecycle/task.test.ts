import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { taskLifecycle, type TaskFacts } from './task.ts';

const base: TaskFacts = { workstreamStatus: 'ACTIVE', openDependencies: [], waitingOn: 'the gate', blockerMetOrOverruled: true, reason: 'because', completionNote: 'done', acceptance: [{ text: 'holds', done: true }], successor: 'A-WP-0002-T01' };

lifecycleContract('Task', taskLifecycle, base, {
  WORKSTREAM_ACTIVE: { met: { workstreamStatus: 'ACTIVE' }, unmet: { workstreamStatus: 'CLOSING' } },
  NOT_BLOCKED: { met: { openDependencies: [] }, unmet: { openDependencies: ['A-WP-0001-T02'] } },
  WAITING_ON_REQUIRED: { met: { waitingOn: 'the gate' }, unmet: { waitingOn: ' ' } },
  BLOCKER_MET: { met: { blockerMetOrOverruled: true }, unmet: { blockerMetOrOverruled: false } },
  COMPLETION_NOTE_REQUIRED: { met: { completionNote: 'done' }, unmet: { completionNote: '' } },
  ACCEPTANCE_TICKED: { met: { acceptance: [{ text: 'holds', done: true }] }, unmet: { acceptance: [{ text: 'holds', done: true }, { text: 'not yet', done: false }] } },
  REASON_REQUIRED: { met: { reason: 'because' }, unmet: { reason: null } },
  IN_CLOSURE_REVIEW: { met: { successor: 'A-WP-0002-T01' }, unmet: { successor: null } },
});
