import type { Identity, Role } from './identity.ts';

/** One rule that is not met: a stable code, a sentence that says what is missing, and what it is about. */
export interface UnmetRule {
  readonly code: string;
  readonly message: string;
  /** Codes or ids of the things that stand in the way, such as task codes. */
  readonly refs: readonly string[];
}

/** A named condition of a move. Pure: it sees facts that were gathered before, never a database. */
export interface Guard<Facts> {
  /** SCREAMING_SNAKE; unique within the lifecycle. */
  readonly code: string;
  /** What the rule asks for, for the printed table. */
  readonly about: string;
  /**
   * True when the verb's own input meets it (a reason, a note, a review). Deciding checks it like any other; a preview of
   * the allowed moves does not count it as missing, because the caller brings it along.
   */
  readonly input?: boolean;
  /** Empty when met; otherwise every reason why not. */
  unmet(facts: Facts): readonly { message: string; refs?: readonly string[] }[];
}

/** One row of a lifecycle table: a verb leads from some states to one, when its guards agree. */
export interface Row<Status extends string, Verb extends string, Facts> {
  readonly verb: Verb;
  readonly from: readonly Status[];
  readonly to: Status;
  /** Who may; `system` always may. */
  readonly who: readonly Role[];
  readonly when?: readonly Guard<Facts>[];
  /** Name of the event, without `org.<hub>.`. */
  readonly emits: string;
  /** Why the row exists, one clause. */
  readonly about?: string;
}

/** A lifecycle table as a hub writes it. */
export interface LifecycleTable<Status extends string, Verb extends string, Facts> {
  /** Entity type in the graph, such as `Workstream`. */
  readonly noun: string;
  readonly states: Readonly<Record<Status, { readonly about: string; readonly terminal?: boolean }>>;
  /** States that a new entity may begin in, with the verb that makes it and the event it records. */
  readonly births: readonly { readonly verb: string; readonly to: Status; readonly who: readonly Role[]; readonly emits: string }[];
  readonly rows: readonly Row<Status, Verb, Facts>[];
}

/** The answer yes. */
export interface Move<Status extends string> {
  readonly moved: true;
  readonly from: Status;
  readonly to: Status;
  readonly emits: string;
}

/** The answer no, with every reason at once and what would be allowed instead. */
export interface Refusal<Status extends string> {
  readonly moved: false;
  readonly from: Status;
  /** Where the verb leads, or null when it leads nowhere from here. */
  readonly to: Status | null;
  readonly verb: string;
  readonly unmet: readonly UnmetRule[];
}

/** One move that the table knows from a state, and whether the caller may make it now. */
export interface AllowedTransition {
  readonly verb: string;
  readonly to: string;
  readonly allowed: boolean;
  readonly unmet: readonly UnmetRule[];
}

/** A proved lifecycle table. Stateless and pure. */
export interface Lifecycle<Status extends string = string, Verb extends string = string, Facts = never> {
  readonly table: LifecycleTable<Status, Verb, Facts>;
  /**
   * Decides one verb. Where a verb leads to several states, `to` picks one; without it the first row counts.
   * A verb unknown from this state is refused with `WRONG_STATE`; a role that may not, with `ROLE_REQUIRED`;
   * every guard that is not met is listed too.
   */
  decide(verb: Verb, from: Status, facts: Facts, caller: Identity, to?: Status): Move<Status> | Refusal<Status>;
  /** Every row that leaves `from`, for the caller, as far as it can be told before the verb's input is known. */
  allowed(from: Status, facts: Facts, caller: Identity): AllowedTransition[];
  /** Rows that lead from one state to another, for imports that know only the states. */
  between(from: Status, to: Status): readonly Row<Status, Verb, Facts>[];
}

/**
 * Proves a table and makes it a lifecycle. What it refuses, by throwing at load: a row from or to an unknown state, two
 * rows with the same verb, origin and target, a state that no birth or row reaches, a non-terminal state that nothing
 * leaves, guards of different meaning under one code.
 */
export function defineLifecycle<const Status extends string, const Verb extends string, Facts>(table: LifecycleTable<Status, Verb, Facts>): Lifecycle<Status, Verb, Facts> {
  prove(table);
  const rowsFrom = (from: Status) => table.rows.filter((row) => row.from.includes(from));

  return {
    table,
    decide(verb, from, facts, caller, to) {
      const rows = rowsFrom(from).filter((row) => row.verb === verb && (to === undefined || row.to === to));
      const row = rows[0];
      if (row === undefined) return { moved: false, from, to: null, verb, unmet: [wrongState(table, verb, from, to)] };
      const unmet = reasons(row, facts, caller);
      return unmet.length > 0 ? { moved: false, from, to: row.to, verb, unmet } : { moved: true, from, to: row.to, emits: row.emits };
    },
    allowed(from, facts, caller) {
      return rowsFrom(from).map((row) => {
        const unmet = reasons({ ...row, when: row.when?.filter((guard) => !guard.input) }, facts, caller);
        return { verb: row.verb, to: row.to, allowed: unmet.length === 0, unmet };
      });
    },
    between: (from, to) => rowsFrom(from).filter((row) => row.to === to),
  };
}

/** The fewest rows of a lifecycle table that lead from one state to another; null when none do. For imports that know only the states. */
export function shortestWay<Status extends string, Step extends { readonly from: readonly Status[]; readonly to: Status }>(rows: readonly Step[], from: Status, to: Status): Step[] | null {
  const ways = new Map<Status, Step[]>([[from, []]]);
  for (const [state, way] of ways) {
    if (state === to) return way;
    for (const row of rows) if (row.from.includes(state) && !ways.has(row.to)) ways.set(row.to, [...way, row]);
  }
  return null;
}

function reasons<Status extends string, Verb extends string, Facts>(row: Row<Status, Verb, Facts>, facts: Facts, caller: Identity): UnmetRule[] {
  const unmet: UnmetRule[] = [];
  if (!caller.roles.includes('system') && !row.who.some((role) => caller.roles.includes(role))) {
    unmet.push({ code: 'ROLE_REQUIRED', message: `${row.verb} is for ${row.who.join(' or ')}; the caller is ${caller.roles.join(', ') || 'without a role'}.`, refs: [...row.who] });
  }
  for (const guard of row.when ?? []) {
    for (const reason of guard.unmet(facts)) unmet.push({ code: guard.code, message: reason.message, refs: reason.refs ?? [] });
  }
  return unmet;
}

function wrongState<Status extends string, Verb extends string, Facts>(table: LifecycleTable<Status, Verb, Facts>, verb: Verb, from: Status, to: Status | undefined): UnmetRule {
  const origins = [...new Set(table.rows.filter((row) => row.verb === verb && (to === undefined || row.to === to)).flatMap((row) => row.from))];
  const where = to === undefined ? '' : ` to ${to}`;
  return { code: 'WRONG_STATE', message: `${verb}${where} is possible from ${origins.join(', ') || 'no state'}; this one is ${from}.`, refs: origins };
}

function prove<Status extends string, Verb extends string, Facts>(table: LifecycleTable<Status, Verb, Facts>): void {
  const bad = (reason: string): never => {
    throw new Error(`lifecycle ${table.noun}: ${reason}`);
  };
  const states = Object.keys(table.states) as Status[];
  const known = (state: Status, where: string) => states.includes(state) || bad(`${where} names the unknown state ${state}`);
  if (table.births.length === 0) bad('nothing makes one');
  for (const birth of table.births) known(birth.to, `birth ${birth.verb}`);

  const seen = new Set<string>();
  const guards = new Map<string, string>();
  for (const row of table.rows) {
    if (row.from.length === 0) bad(`${row.verb} comes from nowhere`);
    if (row.who.length === 0) bad(`${row.verb} to ${row.to} is for nobody`);
    known(row.to, row.verb);
    for (const from of row.from) {
      known(from, row.verb);
      if (table.states[from].terminal) bad(`${row.verb} leaves ${from}, which is terminal`);
      const key = `${row.verb} ${from} ${row.to}`;
      if (seen.has(key)) bad(`${row.verb} leads twice from ${from} to ${row.to}`);
      seen.add(key);
    }
    for (const guard of row.when ?? []) {
      const about = guards.get(guard.code);
      if (about !== undefined && about !== guard.about) bad(`guard ${guard.code} has two meanings`);
      guards.set(guard.code, guard.about);
    }
  }

  const reached = new Set<Status>(table.births.map((birth) => birth.to));
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const row of table.rows) if (row.from.some((from) => reached.has(from))) reached.add(row.to);
  }
  for (const state of states) {
    if (!reached.has(state)) bad(`nothing reaches ${state}`);
    if (!table.states[state].terminal && !table.rows.some((row) => row.from.includes(state))) bad(`nothing leaves ${state}, which is not terminal`);
  }
}
