// What the steps of a migration look at: the evidence that names the run, and its gates as they are computed now.
import type { Sql } from '@hubgraph/kit/sql';
import { evaluateGate, type GateState } from '../gate/evaluate.ts';
import type { MigrationFacts } from '../lifecycle/migration.ts';
import type { EnvironmentKind, EvidenceKind, Gate, GatePhase, MigrationRun } from '../model.ts';
import { evidences, type RequirementFinding, type Sighting } from './evidence.ts';
import { gateEvidence } from './gate-facts.ts';
import { gates } from './gate.ts';

/** What is stored of a run, for its lifecycle; what a verb brings is empty. */
export interface StoredMigrationFacts {
  readonly facts: MigrationFacts;
  /** When the rollback was last rehearsed with success. */
  readonly rehearsedAt: Date | null;
  /** Ids of the evidence that the run's present step may stand on. */
  readonly evidence: readonly string[];
}

/** LOCAL never counts. */
const COUNTING = ['STAGING', 'PRODUCTION'] as const satisfies readonly EnvironmentKind[];
const WANTED: readonly { readonly kind: EvidenceKind; readonly environments: readonly EnvironmentKind[] }[] = [
  { kind: 'BUNDLE_VALIDATION', environments: COUNTING },
  { kind: 'IMPORT', environments: ['STAGING'] },
  { kind: 'DUAL_RUN', environments: COUNTING },
  { kind: 'ROLLBACK_REHEARSAL', environments: COUNTING },
];
const STEP: Readonly<Record<MigrationRun['status'], EvidenceKind | null>> = { PLANNED: 'BUNDLE_VALIDATION', VALIDATED: 'IMPORT', IMPORTED: 'DUAL_RUN', DUAL_RUNNING: null, CUT_OVER: null, ROLLED_BACK: null, RETIRED: null };

/** Gathers the facts of some runs at `now`, in the same few statements whatever their number; of each kind of evidence the newest observation counts, at one moment the failing one. */
export async function migrationFacts(sql: Sql, runs: readonly MigrationRun[], now: Date): Promise<Map<string, StoredMigrationFacts>> {
  const findings = await evidences.forRequirements(sql, runs.flatMap((run) => WANTED.flatMap(({ kind, environments }) => environments.map((environment) => ({ key: keyOf(run, kind, environment), scope: 'migrationRun' as const, of: run.code, kind, environment, since: null, releaseDigest: null, take: 1 })))));
  const of = await gates.all(sql, {}, { parent: 'migrationRunId', keys: runs.map(({ id }) => id) });
  const evidence = await gateEvidence(sql, of, now);
  const states = of.map((gate) => ({ gate, ...evaluateGate(gate, evidence.get(gate.id)!, now) }));
  return new Map(runs.map((run) => [run.id, factsOf(run, states.filter(({ gate }) => gate.migrationRunId === run.id), findings, now)]));
}

function factsOf(run: MigrationRun, own: readonly (GateState & { readonly gate: Gate })[], findings: ReadonlyMap<string, RequirementFinding>, now: Date): StoredMigrationFacts {
  const newest = (wanted: EvidenceKind) => {
    const found = WANTED.filter(({ kind }) => kind === wanted).flatMap(({ kind, environments }) => environments.map((environment) => findings.get(keyOf(run, kind, environment))));
    const passing = latest(found.map((finding) => finding?.passing[0] ?? null));
    const failing = latest(found.map((finding) => finding?.failing ?? null));
    return { passing, failing, passed: passing !== null && (failing === null || failing.observedAt < passing.observedAt) };
  };
  const [dual, rehearsal] = [newest('DUAL_RUN'), newest('ROLLBACK_REHEARSAL')];
  const of = (phase: GatePhase) => own.filter(({ gate }) => gate.phase === phase);
  const open = (phase: GatePhase) => of(phase).filter(({ status }) => status !== 'PASSED' && status !== 'WAIVED').map(({ gate }) => gate.code);
  const step = STEP[run.status];
  const stands = step === null ? null : (newest(step).passing ?? newest(step).failing);
  return {
    facts: {
      now, bundleValid: newest('BUNDLE_VALIDATION').passed, countsIn: run.countsIn, countsStored: run.countsStored, importedToStaging: newest('IMPORT').passed,
      // That they answer is enough: what they answer is for the gates.
      dualRunSeen: dual.passing !== null || dual.failing !== null,
      openCutoverGates: open('CUTOVER'), cutoverGates: of('CUTOVER').length, openRetirementGates: open('RETIREMENT'), retirementGates: of('RETIREMENT').length,
      soakUntil: run.soakUntil, rollbackRehearsed: rehearsal.passed, decision: null, legacyFallback: null, reason: null,
    },
    rehearsedAt: rehearsal.passed ? rehearsal.passing!.observedAt : null,
    evidence: stands === null ? [] : [stands.id],
  };
}

function keyOf(run: MigrationRun, kind: EvidenceKind, environment: EnvironmentKind): string {
  return `${run.id} ${kind} ${environment}`;
}

function latest(sightings: readonly (Sighting | null)[]): Sighting | null {
  return sightings.reduce((last, sighting) => (sighting !== null && (last === null || sighting.observedAt > last.observedAt) ? sighting : last), null);
}
