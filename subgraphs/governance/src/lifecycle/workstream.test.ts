import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { workstreamLifecycle, type WorkstreamFacts } from './workstream.ts';

const base: WorkstreamFacts = { owner: 'mara', unknownDependencies: [], reason: 'because', openTasks: [], waitsOutside: [], undisposedTasks: [], closureAccepted: true, acceptedDecision: 'a decision' };

lifecycleContract('Workstream', workstreamLifecycle, base, {
  OWNER_REQUIRED: { met: { owner: 'mara' }, unmet: { owner: null } },
  DEPENDENCIES_KNOWN: { met: { unknownDependencies: [] }, unmet: { unknownDependencies: ['X'] } },
  REASON_REQUIRED: { met: { reason: 'because' }, unmet: { reason: '  ' } },
  CLOSURE_ACCEPTED: { met: { closureAccepted: true }, unmet: { closureAccepted: false } },
  DECISION_REQUIRED: { met: { acceptedDecision: 'a decision' }, unmet: { acceptedDecision: null } },
  OPEN_TASKS: { met: { openTasks: [] }, unmet: { openTasks: ['A-WP-0001-T01'] } },
  OTHER_HUBS_WAIT: { met: { waitsOutside: [] }, unmet: { waitsOutside: ['an alert'] } },
  SUCCESSOR_OR_REVIEW_REQUIRED: { met: { undisposedTasks: [] }, unmet: { undisposedTasks: ['A-WP-0001-T01'] } },
});
