import type { Sql } from '@hubgraph/kit/sql';
import { evaluateGate, type GateState } from '../gate/evaluate.ts';
import type { Gate } from '../model.ts';
import { gateEvidence } from '../store/index.ts';

/** What holds of a gate at a moment, and since when. */
export type GateNow = GateState & { readonly since: Date };

/** Evaluates many gates at once; the same few statements, whatever their number. */
export async function statesOf<Key>(sql: Sql, some: ReadonlyMap<Key, Gate>, now: Date): Promise<Map<Key, GateNow>> {
  const evidence = await gateEvidence(sql, [...some.values()], now);
  return new Map([...some].map(([key, gate]) => {
    const state = evaluateGate(gate, evidence.get(gate.id)!, now);
    return [key, { ...state, since: sinceOf(gate, state, now) }];
  }));
}

/** Since when it stands where it does: as it was told, or since time changed it, which nobody was told of yet. */
function sinceOf({ toldStatus, toldAt, changesAt }: Gate, { status, fell }: GateState, now: Date): Date {
  if (status === toldStatus && fell === null) return toldAt;
  return changesAt !== null && changesAt < now ? changesAt : now;
}
