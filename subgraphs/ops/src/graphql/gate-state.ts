import { statesOf, type GateNow } from '../commands/gate-state.ts';
import type { Gate } from '../model.ts';
import type { OpsContext } from './builder.ts';

/** What a request knows of gates. Those of a dry run are nowhere else, so they are kept by id and version. */
interface Seen {
  readonly gates: Map<string, Gate>;
  readonly states: Map<string, GateNow>;
}
const seen = new WeakMap<OpsContext['loaders'], Seen>();

function seenBy({ loaders }: OpsContext): Seen {
  const known = seen.get(loaders) ?? { gates: new Map(), states: new Map() };
  seen.set(loaders, known);
  return known;
}

const keyOf = ({ id, version }: Gate): string => `${id} ${version}`;

/** Evaluates a gate at the moment of asking, batched over all that a request looks at. */
export async function gateState(context: OpsContext, gate: Gate): Promise<GateNow> {
  const { gates, states } = seenBy(context);
  const key = keyOf(gate);
  gates.set(key, gate);
  return states.get(key) ?? (await context.loaders.load('Gate.state', key, (keys) => statesOf(context.sql, new Map(keys.map((wanted) => [wanted, gates.get(wanted)!])), context.now())))!;
}

/** Tells a request what was evaluated for it already. */
export function keepStates(context: OpsContext, evaluated: readonly { readonly gate: Gate; readonly state: GateNow }[]): void {
  for (const { gate, state } of evaluated) seenBy(context).states.set(keyOf(gate), state);
}
