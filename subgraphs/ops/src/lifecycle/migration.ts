import { defineLifecycle, type Guard } from '@hubgraph/kit/lifecycle';
import type { OpsCode } from '../errors.ts';
import type { MigrationStatus } from '../model.ts';

/** What the guards of a migration run look at; gates are evaluated at the same moment. */
export interface MigrationFacts {
  readonly now: Date;
  /** Whether fresh evidence of kind BUNDLE_VALIDATION passed for the run. */
  readonly bundleValid: boolean;
  readonly countsIn: number | null;
  readonly countsStored: number | null;
  /** Whether an IMPORT into staging passed for the run. */
  readonly importedToStaging: boolean;
  /** Whether DUAL_RUN evidence from outside of LOCAL exists: both systems answer. */
  readonly dualRunSeen: boolean;
  /** Codes of gates of the phase that are neither passed nor waived, and how many there are in all. */
  readonly openCutoverGates: readonly string[];
  readonly cutoverGates: number;
  readonly openRetirementGates: readonly string[];
  readonly retirementGates: number;
  readonly soakUntil: Date | null;
  readonly rollbackRehearsed: boolean;
  /** What the verb gives. */
  readonly decision: string | null;
  readonly legacyFallback: boolean | null;
  readonly reason: string | null;
}

type MigrationGuard = Guard<MigrationFacts> & { readonly code: OpsCode };

const met: readonly [] = [];
const rule = (code: OpsCode, about: string, ok: (facts: MigrationFacts) => unknown, message: string, input = false): MigrationGuard => ({ code, about, ...(input ? { input } : {}), unmet: (facts) => (ok(facts) ? met : [{ message }]) });
const bundleValid = rule('BUNDLE_INVALID', 'the bundle validates, by evidence', (facts) => facts.bundleValid, 'No passing BUNDLE_VALIDATION evidence of this run is there.');
const countsAgree: MigrationGuard = {
  code: 'COUNTS_DIFFER', input: true, about: 'what went in is what is stored',
  unmet: ({ countsIn, countsStored }) => (countsIn !== null && countsStored !== null && countsIn === countsStored ? met : [{ message: countsIn === null || countsStored === null ? 'Both counts are needed.' : `${countsIn} went in and ${countsStored} are stored.` }]),
};
const stagingFirst = rule('STAGING_FIRST', 'it was imported into staging first, by evidence', (facts) => facts.importedToStaging, 'No passing IMPORT evidence from STAGING is there.');
const bothAnswer = rule('DUAL_RUN_MISSING', 'both systems answer and are compared, by evidence that is not local', (facts) => facts.dualRunSeen, 'No DUAL_RUN evidence from STAGING or PRODUCTION is there.');
const cutoverGatesPassed: MigrationGuard = {
  code: 'GATES_OPEN', about: 'all gates of the step are passed or waived, and there is one at least',
  unmet: (facts) => (facts.cutoverGates === 0 ? [{ message: 'No cutover gate is defined.' }] : facts.openCutoverGates.length > 0 ? [{ message: `${facts.openCutoverGates.length} cutover gates are not passed.`, refs: facts.openCutoverGates }] : met),
};
const retirementGatesPassed: MigrationGuard = {
  code: 'GATES_OPEN', about: 'all gates of the step are passed or waived, and there is one at least',
  unmet: (facts) => (facts.retirementGates === 0 ? [{ message: 'No retirement gate is defined.' }] : facts.openRetirementGates.length > 0 ? [{ message: `${facts.openRetirementGates.length} retirement gates are not passed.`, refs: facts.openRetirementGates }] : met),
};
const decided = rule('DECISION_REQUIRED', 'a decision is named', (facts) => facts.decision?.trim(), 'The id or code of a decision is needed.', true);
const fallbackStated = rule('FALLBACK_REQUIRED', 'it is said whether the legacy fallback remains', (facts) => facts.legacyFallback !== null, 'Say whether the legacy fallback remains.', true);
const soaked = rule('SOAK_TIME', 'the soak time is over', (facts) => facts.soakUntil !== null && facts.soakUntil <= facts.now, 'The soak time is not over.');
const hasReason = rule('REASON_REQUIRED', 'a reason is given', (facts) => facts.reason?.trim(), 'A reason is needed.', true);
const rehearsed = rule('ROLLBACK_NOT_REHEARSED', 'the rollback was rehearsed', (facts) => facts.rollbackRehearsed, 'No passing ROLLBACK_REHEARSAL evidence of this run is there.');

/** The migration lifecycle: bundle validate, import, dual run, cut over, retire; rollback is explicit. */
export const migrationLifecycle = defineLifecycle({
  noun: 'MigrationRun',
  states: {
    PLANNED: { about: 'named, nothing done' },
    VALIDATED: { about: 'the bundle is sound' },
    IMPORTED: { about: 'the data is in the new system' },
    DUAL_RUNNING: { about: 'both systems answer and are compared' },
    CUT_OVER: { about: 'the new system serves' },
    ROLLED_BACK: { about: 'back to the old system', terminal: true },
    RETIRED: { about: 'the old system is gone', terminal: true },
  },
  births: [{ verb: 'planMigration', to: 'PLANNED', who: ['maintainer', 'operator'], emits: 'migration.planned' }],
  rows: [
    { verb: 'validateMigration', from: ['PLANNED'], to: 'VALIDATED', who: ['operator'], when: [bundleValid], emits: 'migration.validated' },
    { verb: 'importMigration', from: ['VALIDATED'], to: 'IMPORTED', who: ['operator'], when: [countsAgree, stagingFirst], emits: 'migration.imported' },
    { verb: 'startDualRun', from: ['IMPORTED'], to: 'DUAL_RUNNING', who: ['operator'], when: [bothAnswer], emits: 'migration.dual_running' },
    { verb: 'cutOverMigration', from: ['DUAL_RUNNING'], to: 'CUT_OVER', who: ['maintainer', 'steward'], when: [cutoverGatesPassed, decided, fallbackStated], emits: 'migration.cut_over' },
    { verb: 'rollBackMigration', from: ['IMPORTED', 'DUAL_RUNNING', 'CUT_OVER'], to: 'ROLLED_BACK', who: ['operator'], when: [hasReason, rehearsed], emits: 'migration.rolled_back' },
    { verb: 'retireMigration', from: ['CUT_OVER'], to: 'RETIRED', who: ['steward'], when: [retirementGatesPassed, soaked], emits: 'migration.retired', about: 'never from local evidence, because gates do not count it' },
  ],
} as const satisfies Parameters<typeof defineLifecycle<MigrationStatus, string, MigrationFacts>>[0]);
