import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { migrationLifecycle, type MigrationFacts } from './migration.ts';

const now = new Date('2026-05-01T00:00:00Z');
const base: MigrationFacts = {
  now, bundleValid: true, countsIn: 4, countsStored: 4, importedToStaging: true, dualRunSeen: true, openCutoverGates: [], cutoverGates: 1, openRetirementGates: [], retirementGates: 1, soakUntil: new Date('2026-04-30T00:00:00Z'), rollbackRehearsed: true,
  decision: 'D-12', legacyFallback: true, reason: 'because',
};

lifecycleContract('MigrationRun', migrationLifecycle, base, {
  BUNDLE_INVALID: { met: { bundleValid: true }, unmet: { bundleValid: false } },
  COUNTS_DIFFER: { met: { countsIn: 4, countsStored: 4 }, unmet: { countsIn: 4, countsStored: 3 } },
  STAGING_FIRST: { met: { importedToStaging: true }, unmet: { importedToStaging: false } },
  DUAL_RUN_MISSING: { met: { dualRunSeen: true }, unmet: { dualRunSeen: false } },
  GATES_OPEN: { met: { openCutoverGates: [], cutoverGates: 1, openRetirementGates: [], retirementGates: 1 }, unmet: { openCutoverGates: ['A'], cutoverGates: 1, openRetirementGates: [], retirementGates: 0 } },
  DECISION_REQUIRED: { met: { decision: 'D-12' }, unmet: { decision: ' ' } },
  FALLBACK_REQUIRED: { met: { legacyFallback: false }, unmet: { legacyFallback: null } },
  SOAK_TIME: { met: { soakUntil: now }, unmet: { soakUntil: new Date('2026-05-01T00:00:00.001Z') } },
  REASON_REQUIRED: { met: { reason: 'because' }, unmet: { reason: '' } },
  ROLLBACK_NOT_REHEARSED: { met: { rollbackRehearsed: true }, unmet: { rollbackRehearsed: false } },
});
