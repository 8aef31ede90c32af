import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Requirement } from '../model.ts';
import { asksOf, evaluateGate, SHOWN, type Finding, type GateEvidence } from './evaluate.ts';
import { decisions, HOUR, moment, naiveStatus, observations, RELEASES, requirements, START, type Observed } from './random.fixture.ts';

/** What the store would find among the observations. */
function evidenceOf(asked: readonly Requirement[], all: readonly Observed[], release: string | null, riskOpen = true): GateEvidence {
  const found = new Map<string, Finding>(asksOf(asked, release).map((ask) => {
    const fitting = all.filter((one) => one.kind === ask.kind && one.environment === ask.environment && (ask.releaseDigest === null || one.releaseDigest === ask.releaseDigest)).sort((a, b) => b.observedAt.getTime() - a.observedAt.getTime() || (a.id < b.id ? 1 : -1));
    return [ask.key, { passing: fitting.filter(({ result }) => result === 'PASS').slice(0, ask.take), failing: fitting.find(({ result }) => result === 'FAIL') ?? null }];
  }));
  return { release, found, riskOpen };
}

const setting = { requirements, all: observations(), decided: decisions, release: fc.constantFrom(null, ...RELEASES), riskOpen: fc.boolean() };
/** Every quarter of an hour from before the first observation to long after the last, and a millisecond to either side. */
const MOMENTS = Array.from({ length: 32 }, (_, quarter) => [-1, 0, 1].map((more) => new Date(START + (quarter - 2) * (HOUR / 4) + more))).flat();
const RUNS = { numRuns: 400 };

describe('a gate, over random evidence and a moving clock', () => {
  it('stands at every moment where a naive reading of all observations says', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.record(setting), ({ requirements: asked, all, decided, release, riskOpen }) => {
        const evidence = evidenceOf(asked, all, release, riskOpen);
        for (const now of MOMENTS) {
          const { status } = evaluateGate({ requirements: asked, ...decided }, evidence, now);
          seen.add(status);
          expect(status, now.toISOString()).toBe(naiveStatus({ requirements: asked, ...decided }, all, release, riskOpen, now));
        }
      }),
      RUNS,
    );
    expect([...seen].sort()).toEqual(['FAILED', 'PASSED', 'PENDING', 'READY', 'WAIVED']);
  });

  it('is never changed by LOCAL evidence', () => {
    fc.assert(
      fc.property(fc.record({ ...setting, local: observations(['LOCAL']) }), moment, ({ requirements: asked, all, local, decided, release, riskOpen }, now) => {
        const gate = { requirements: asked, ...decided };
        const [without, withLocal] = [all, [...all, ...local.map((one) => ({ ...one, id: one.id.replace(/^0/, '1') }))]].map((list) => evaluateGate(gate, evidenceOf(asked, list, release, riskOpen), now));
        expect({ ...withLocal, found: null }).toEqual({ ...without, found: null });
      }),
      RUNS,
    );
  });

  it('keeps its status until the moment that it tells, and no longer', () => {
    fc.assert(
      fc.property(fc.record(setting), ({ requirements: asked, all, decided, release, riskOpen }) => {
        const gate = { requirements: asked, ...decided };
        const evidence = evidenceOf(asked, all, release, riskOpen);
        for (const [index, now] of MOMENTS.entries()) {
          const { status, changesAt } = evaluateGate(gate, evidence, now);
          const at = (when: Date) => evaluateGate(gate, evidence, when).status;
          if (changesAt === null) {
            // Those in between say so for themselves.
            expect(at(MOMENTS[index + 1] ?? now)).toBe(status);
          } else {
            expect(changesAt > now).toBe(true);
            expect(at(new Date(changesAt.getTime() - 1))).toBe(status);
            expect(at(changesAt)).not.toBe(status);
          }
        }
      }),
      RUNS,
    );
  });

  it('says of every unmet requirement what is missing, and shows what counts of a met one', () => {
    fc.assert(
      fc.property(fc.record(setting), moment, ({ requirements: asked, all, release }, now) => {
        const state = evaluateGate({ requirements: asked, decision: 'PENDING', decidedRelease: null, waiverUntil: null }, evidenceOf(asked, all, release), now);
        expect(state.status === 'READY').toBe(state.missing.length === 0);
        for (const { requirement, met, missing, evidence } of state.requirements) {
          expect(met).toBe(missing.length === 0);
          if (met) for (const environment of requirement.environments) expect(evidence.filter((one) => one.environment === environment).length).toBeGreaterThanOrEqual(requirement.minimum);
          expect(evidence.length).toBeLessThanOrEqual(SHOWN);
          for (const sentence of missing) expect(sentence).toMatch(new RegExp(`^${requirement.kind} in (STAGING|PRODUCTION): .+\\.$`, 'u'));
        }
      }),
      RUNS,
    );
  });
});

describe('what is missing', () => {
  const base: Requirement = { key: 'smoke', kind: 'SMOKE', environments: ['STAGING'], freshnessHours: 24, minimum: 2, sameRelease: true };
  const at = (hours: number, result: 'PASS' | 'FAIL' = 'PASS', id = `e${hours}`): Observed => ({ id, kind: 'SMOKE', environment: 'STAGING', releaseDigest: RELEASES[0]!, result, observedAt: new Date(START - hours * HOUR) });
  const missing = (all: Observed[], release: string | null = RELEASES[0]!) => evaluateGate({ requirements: [base], decision: 'PENDING', decidedRelease: null, waiverUntil: null }, evidenceOf([base], all, release), new Date(START)).missing;
  const asked = 'SMOKE in STAGING: 2 passing observations of release sha256:aaaaaaaaaaaaa… not older than 24 h';

  it('is said with kind, environment, number, release and age', () => {
    expect(missing([])).toEqual([`${asked}; there is none.`]);
    expect(missing([at(1)])).toEqual([`${asked}; 1 of 2 are there.`]);
    expect(missing([at(30)])).toEqual([`${asked}; the newest is of 2026-04-29T18:00:00.000Z, which is too old.`]);
    expect(missing([at(2), at(3), at(1, 'FAIL', 'bad')])).toEqual([`${asked}; the newest, of 2026-04-30T23:00:00.000Z, failed (bad).`]);
    expect(missing([at(2), at(24)])).toEqual([]);
    expect(missing([at(2)], null)).toEqual(['SMOKE in STAGING: 2 passing observations of the same release not older than 24 h, and no release is known: the gate names none and none was deployed.']);
  });

  it('counts a failing observation at the same moment as a passing one', () => {
    expect(missing([at(1), at(2), at(1, 'FAIL', 'bad')])).toHaveLength(1);
  });
});
