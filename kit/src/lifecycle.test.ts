import { describe, expect, it } from 'vitest';
import { defineLifecycle, type Guard, type LifecycleTable } from './lifecycle.ts';

type Facts = { readonly ready: boolean };
const guard = (about: string): Guard<Facts> => ({ code: 'READY', about, unmet: (facts) => (facts.ready ? [] : [{ message: 'Not ready.' }]) });
const good: LifecycleTable<'A' | 'B' | 'C', 'go' | 'end', Facts> = {
  noun: 'Thing',
  states: { A: { about: 'begun' }, B: { about: 'going' }, C: { about: 'over', terminal: true } },
  births: [{ verb: 'make', to: 'A', who: ['author'], emits: 'thing.made' }],
  rows: [
    { verb: 'go', from: ['A'], to: 'B', who: ['author'], when: [guard('it is ready')], emits: 'thing.went' },
    { verb: 'end', from: ['A', 'B'], to: 'C', who: ['author'], emits: 'thing.ended' },
  ],
};

describe('defineLifecycle', () => {
  it('takes a good table', () => {
    expect(() => defineLifecycle(good)).not.toThrow();
  });

  // Each bad table is one step away from the good one; the casts stand for a table that the types did not check.
  it.each<[string, object, RegExp]>([
    ['nothing that makes one', { births: [] }, /nothing makes one/],
    ['a birth into an unknown state', { births: [{ verb: 'make', to: 'Z', who: ['author'], emits: 'x' }] }, /unknown state Z/],
    ['a row to an unknown state', { rows: [...good.rows, { verb: 'go', from: ['B'], to: 'Z', who: ['author'], emits: 'x' }] }, /unknown state Z/],
    ['a row from an unknown state', { rows: [...good.rows, { verb: 'go', from: ['Z'], to: 'B', who: ['author'], emits: 'x' }] }, /unknown state Z/],
    ['a row from nowhere', { rows: [...good.rows, { verb: 'go', from: [], to: 'B', who: ['author'], emits: 'x' }] }, /comes from nowhere/],
    ['a row for nobody', { rows: [...good.rows, { verb: 'go', from: ['B'], to: 'C', who: [], emits: 'x' }] }, /for nobody/],
    ['a row out of a terminal state', { rows: [...good.rows, { verb: 'go', from: ['C'], to: 'A', who: ['author'], emits: 'x' }] }, /terminal/],
    ['the same move twice', { rows: [...good.rows, { verb: 'go', from: ['A'], to: 'B', who: ['author'], emits: 'x' }] }, /leads twice/],
    ['a state that nothing reaches', { states: { ...good.states, D: { about: 'lost', terminal: true } } }, /nothing reaches D/],
    ['a state that nothing leaves', { states: { ...good.states, C: { about: 'over' } } }, /nothing leaves C/],
    ['two meanings of one guard', { rows: [...good.rows, { verb: 'go', from: ['B'], to: 'C', who: ['author'], when: [guard('something else')], emits: 'x' }] }, /two meanings/],
  ])('refuses %s', (_name, change, reason) => {
    expect(() => defineLifecycle({ ...good, ...change } as typeof good)).toThrow(reason);
  });
});
