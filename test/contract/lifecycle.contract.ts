import { describe, expect, it } from 'vitest';
import { identityOf, ROLES, type Role } from '@hubgraph/kit/identity';
import type { Lifecycle } from '@hubgraph/kit/lifecycle';

/** For each guard code: facts under which it is met, and facts under which it is not. Patches of different guards must not touch each other. */
export type GuardFacts<Facts> = Readonly<Record<string, { readonly met: Partial<Facts>; readonly unmet: Partial<Facts> }>>;

/**
 * Exhausts a lifecycle: every state x verb x target x outcome of every guard x role is decided and compared with a naive
 * reading of the table. The table is the one that runs; nothing of it is typed again here.
 */
export function lifecycleContract<Status extends string, Verb extends string, Facts>(name: string, lifecycle: Lifecycle<Status, Verb, Facts>, base: Facts, guards: GuardFacts<Facts>): void {
  const { table } = lifecycle;
  const states = Object.keys(table.states) as Status[];
  const verbs = [...new Set(table.rows.map((row) => row.verb))];
  const used = [...new Set(table.rows.flatMap((row) => (row.when ?? []).map((guard) => guard.code)))];

  describe(`${name} lifecycle, exhausted`, () => {
    it('has facts for exactly the guards of its table, and they mean what they say', () => {
      expect(Object.keys(guards).sort()).toEqual([...used].sort());
      for (const guard of table.rows.flatMap((row) => row.when ?? [])) {
        expect(guard.unmet({ ...base, ...guards[guard.code]!.met }), `${guard.code} met`).toEqual([]);
        expect(guard.unmet({ ...base, ...guards[guard.code]!.unmet }).length, `${guard.code} unmet`).toBeGreaterThan(0);
      }
    });

    let cases = 0;
    for (const state of states) {
      it(`decides every verb from ${state}`, () => {
        for (const verb of verbs) {
          const targets = [undefined, ...new Set(table.rows.filter((row) => row.verb === verb).map((row) => row.to))];
          for (const to of targets) {
            for (const outcome of outcomesOf(used)) {
              const facts = Object.entries(outcome).reduce((sum, [code, met]) => ({ ...sum, ...guards[code]![met ? 'met' : 'unmet'] }), base);
              for (const role of ROLES) {
                cases++;
                check(state, verb, to, facts, outcome, role);
              }
            }
          }
        }
      });
    }

    it('ran through every row both ways', () => {
      expect(cases).toBeGreaterThanOrEqual(states.length * verbs.length * ROLES.length);
    });

    it('lists exactly the rows that leave a state, each as it would be decided', () => {
      for (const state of states) {
        for (const role of ROLES) {
          const caller = identityOf({ sub: 'someone', roles: [role] });
          const allowed = lifecycle.allowed(state, base, caller);
          expect(allowed.map((move) => [move.verb, move.to])).toEqual(table.rows.filter((row) => row.from.includes(state)).map((row) => [row.verb, row.to]));
          for (const move of allowed) expect(lifecycle.decide(move.verb as Verb, state, base, caller, move.to as Status).moved).toBe(move.allowed);
        }
      }
    });
  });

  it(`${name}: a preview counts what the verb's input brings as met, and every other rule as it is`, () => {
    const nothingBrought = Object.values(guards).reduce<Facts>((sum, guard) => ({ ...sum, ...guard.unmet }), base);
    for (const state of states) {
      for (const [index, move] of lifecycle.allowed(state, nothingBrought, identityOf({ sub: 'someone', roles: ['system'] })).entries()) {
        const row = table.rows.filter((candidate) => candidate.from.includes(state))[index]!;
        const stored = (row.when ?? []).filter((guard) => !guard.input).map((guard) => guard.code);
        expect([...new Set(move.unmet.map((rule) => rule.code))].sort(), `${state} ${move.verb}`).toEqual([...stored].sort());
      }
    }
  });

  function check(state: Status, verb: Verb, to: Status | undefined, facts: Facts, outcome: Readonly<Record<string, boolean>>, role: Role): void {
    const row = table.rows.find((candidate) => candidate.verb === verb && candidate.from.includes(state) && (to === undefined || candidate.to === to));
    const decided = lifecycle.decide(verb, state, facts, identityOf({ sub: 'someone', roles: [role] }), to);
    const label = `${state} ${verb} ${to ?? ''} as ${role} with ${JSON.stringify(outcome)}`;
    if (row === undefined) {
      expect(decided, label).toMatchObject({ moved: false, from: state, to: null, unmet: [{ code: 'WRONG_STATE' }] });
      return;
    }
    const missing = (row.when ?? []).map((guard) => guard.code).filter((code) => !outcome[code]);
    const expected = [...(role === 'system' || row.who.includes(role) ? [] : ['ROLE_REQUIRED']), ...missing];
    if (expected.length === 0) expect(decided, label).toEqual({ moved: true, from: state, to: row.to, emits: row.emits });
    else {
      expect(decided, label).toMatchObject({ moved: false, from: state, to: row.to, verb });
      if (!decided.moved) expect([...new Set(decided.unmet.map((rule) => rule.code))].sort(), label).toEqual([...new Set(expected)].sort());
    }
  }
}

/** All combinations of met and unmet. */
function outcomesOf(codes: readonly string[]): Record<string, boolean>[] {
  return codes.reduce<Record<string, boolean>[]>((sum, code) => sum.flatMap((outcome) => [{ ...outcome, [code]: true }, { ...outcome, [code]: false }]), [{}]);
}
