// Random gates and observations for the property tests, and a naive reading of what a gate is.
import fc from 'fast-check';
import { ENVIRONMENT_KINDS, type EnvironmentKind, type EvidenceKind, type EvidenceResult, type Gate, type GateStatus, type Requirement } from '../model.ts';

export const HOUR = 3_600_000;
export const START = Date.parse('2026-05-01T00:00:00Z');
export const RELEASES = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}`);
const KINDS = ['SMOKE', 'PROBE'] as const;

/** An observation of the gate's scope. */
export interface Observed {
  readonly id: string;
  readonly kind: EvidenceKind;
  readonly environment: EnvironmentKind;
  readonly releaseDigest: string | null;
  readonly result: EvidenceResult;
  readonly observedAt: Date;
}

/** Few moments, so that observations meet limits of freshness and each other exactly. */
export const moment = fc.integer({ min: 0, max: 12 }).map((quarter) => new Date(START + quarter * (HOUR / 4)));
const releases = fc.constantFrom(null, ...RELEASES);

export const requirements: fc.Arbitrary<Requirement[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...KINDS),
      environments: fc.subarray(['STAGING', 'PRODUCTION'] as const, { minLength: 1 }),
      freshnessHours: fc.constantFrom(null, 1, 2),
      minimum: fc.constantFrom(1, 1, 2, 3),
      sameRelease: fc.boolean(),
    }),
    { minLength: 1, maxLength: 2 },
  )
  .map((list) => list.map((requirement, index) => ({ key: `r${index}`, ...requirement })));

export const observations = (environments: readonly EnvironmentKind[] = ENVIRONMENT_KINDS): fc.Arbitrary<Observed[]> =>
  fc
    .array(fc.record({ kind: fc.constantFrom(...KINDS), environment: fc.constantFrom(...environments), releaseDigest: releases, result: fc.constantFrom('PASS', 'PASS', 'PASS', 'FAIL' as const), observedAt: moment }), { maxLength: 16 })
    .map((list) => list.map((one, index) => ({ ...one, id: `00000000-0000-7000-8000-${String(index).padStart(12, '0')}` }) as Observed));

export type Decided = Pick<Gate, 'decision' | 'decidedRelease' | 'waiverUntil'>;
export const decisions: fc.Arbitrary<Decided> = fc.oneof(
  fc.constant({ decision: 'PENDING' as const, decidedRelease: null, waiverUntil: null }),
  fc.record({ decision: fc.constantFrom('PASSED' as const, 'FAILED' as const), decidedRelease: releases, waiverUntil: fc.constant(null) }),
  fc.record({ decision: fc.constant('WAIVED' as const), decidedRelease: releases, waiverUntil: moment }),
);

/**
 * What a gate is, read naively from all observations: for every requirement and each of its environments, look through the
 * list from the beginning.
 */
export function naiveStatus(gate: Decided & { readonly requirements: readonly Requirement[] }, all: readonly Observed[], release: string | null, riskOpen: boolean, now: Date): GateStatus {
  let everythingMet = true;
  for (const requirement of gate.requirements) {
    for (const environment of requirement.environments) {
      let passing = 0;
      let newestPass = Number.NEGATIVE_INFINITY;
      let newestFail = Number.NEGATIVE_INFINITY;
      for (const one of all) {
        if (one.environment === 'LOCAL' || one.environment !== environment || one.kind !== requirement.kind) continue;
        if (requirement.sameRelease && (release === null || one.releaseDigest !== release)) continue;
        const age = now.getTime() - one.observedAt.getTime();
        if (requirement.freshnessHours !== null && age > requirement.freshnessHours * HOUR) continue;
        if (one.result === 'PASS') {
          passing += 1;
          newestPass = Math.max(newestPass, one.observedAt.getTime());
        } else newestFail = Math.max(newestFail, one.observedAt.getTime());
      }
      if (passing < requirement.minimum || newestFail >= newestPass) everythingMet = false;
    }
  }
  const otherRelease = gate.decidedRelease !== null && gate.decidedRelease !== release;
  if (gate.decision === 'FAILED') return 'FAILED';
  if (gate.decision === 'PASSED' && everythingMet && !otherRelease) return 'PASSED';
  if (gate.decision === 'WAIVED' && !otherRelease && riskOpen && gate.waiverUntil !== null && now < gate.waiverUntil) return 'WAIVED';
  return everythingMet ? 'READY' : 'PENDING';
}
