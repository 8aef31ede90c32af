import { activeSpan, inSpan } from './trace.ts';

const names = new Map<string, string>();
/** Texts whose names are kept; those made at run time could be without end. */
const KEPT = 2_000;

/**
 * What a trace calls a statement: its first word and the first table, such as `INSERT outbox`. Of the text nothing else is told,
 * and of the values nothing at all.
 */
export function statementName(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    const [verb = 'statement'] = /[A-Za-z]+/.exec(text) ?? [];
    const [, table] = /\b(?:FROM|INTO|UPDATE)\s+"?([A-Za-z]\w*)"?/i.exec(text) ?? [];
    name = table === undefined ? verb.toUpperCase() : `${verb.toUpperCase()} ${table}`;
    if (names.size < KEPT) names.set(text, name);
  }
  return name;
}

/** Runs a statement in a span of its own where the work that wants it is traced. */
export function tracedStatement<Result>(text: string, run: () => Promise<Result>): Promise<Result> {
  if (!activeSpan()) return run();
  const name = statementName(text);
  const [operation, collection] = name.split(' ');
  return inSpan(() => ({ name, kind: 'client', attributes: { 'db.system.name': 'postgresql', 'db.operation.name': operation, 'db.collection.name': collection } }), run);
}
