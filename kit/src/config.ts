import { z } from 'zod';
import { UsageError } from './errors.ts';

/** One knob: the environment variable is the key in the table. */
export interface Setting<Value = unknown> {
  /** Reads the text of the environment variable. */
  readonly schema: z.ZodType<Value>;
  /** Text used when the variable is not set; leave out for "no value". */
  readonly default?: string;
  /** What it does, its unit, and what happens at the limits; printed in docs/config.md. */
  readonly about: string;
  /** Never printed or logged. */
  readonly secret?: boolean;
}
export type ConfigTable = Readonly<Record<string, Setting>>;

/** The values of a table: `undefined` where there is neither a value nor a default. */
export type ConfigOf<Table extends ConfigTable> = { readonly [Key in keyof Table]: Table[Key] extends { default: string } ? z.output<Table[Key]['schema']> : z.output<Table[Key]['schema']> | undefined };

/** Declares settings with their types kept. */
export function defineConfig<const Table extends ConfigTable>(table: Table): Table {
  return table;
}

/** Kinds of settings, so that messages and docs speak alike. */
export const kinds = {
  text: () => z.string().min(1),
  integer: (min: number, max: number) => z.string().regex(/^-?\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(min).max(max)),
  yesNo: () => z.enum(['yes', 'no']).transform((word) => word === 'yes'),
  url: (...protocols: string[]) => z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), `must be a URL that starts with ${protocols.join(' or ')}//`),
  oneOf: <const Words extends readonly [string, ...string[]]>(words: Words) => z.enum(words),
  list: () => z.string().transform((text) => text.split(',').map((word) => word.trim()).filter(Boolean)),
};

/**
 * Reads `table` from `env`.
 *
 * @throws UsageError naming every wrong variable at once. An empty variable counts as not set.
 */
export function readConfig<Table extends ConfigTable>(table: Table, env: Readonly<Record<string, string | undefined>>): ConfigOf<Table> {
  const values: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const [name, setting] of Object.entries(table)) {
    const text = env[name] || setting.default;
    if (text === undefined) continue;
    const parsed = setting.schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else wrong.push(`${name}${setting.secret ? '' : `=${text}`}: ${parsed.error.issues.map((issue) => issue.message).join(', ')}`);
  }
  if (wrong.length > 0) throw new UsageError(`Wrong setting: ${wrong.join('; ')}.`);
  return values as ConfigOf<Table>;
}

/**
 * Refuses variables with our prefix that no table knows: a misspelt setting must not be silently ignored.
 *
 * @throws UsageError naming them.
 */
export function refuseUnknown(tables: readonly ConfigTable[], env: Readonly<Record<string, string | undefined>>, prefix = 'HUBGRAPH_'): void {
  const known = new Set(tables.flatMap((table) => Object.keys(table)));
  const unknown = Object.keys(env).filter((name) => name.startsWith(prefix) && !known.has(name)).sort();
  if (unknown.length > 0) throw new UsageError(`Unknown setting: ${unknown.join(', ')}. docs/config.md lists the known ones.`);
}
