import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isTestOnly, sources, type Findings } from './tree.ts';

/** Where a float could come in: its names in TypeScript, in GraphQL, in SQL; and what makes a number of something that is named like an amount. */
const FLOATS: readonly (readonly [RegExp, string])[] = [
  [/\bparseFloat\b|\.toNumber\(/, 'makes a float of a number'],
  [/\b(t\.float|exposeFloat|t\.arg\.float)\(|['"]Float['"]/, 'has a field of the type Float'],
  [/::\s*(float\d?|real|double precision)\b|\bAS (float\d?|real|double precision)\b/i, 'casts to a float in SQL'],
  [/\bNumber\([^)]*([Aa]mount|[Cc]ost|[Pp]rice|[Rr]atio\b|[Bb]alance|[Aa]llocated|[Cc]ommitted|[Ss]pent|[Pp]aid)/, 'makes a number of an amount'],
];

/** Money is exact from file to graph: nothing in the finance hub or its schema is a float. */
export function money(root: string): Findings {
  const code = sources(root).filter(({ path }) => path.startsWith('subgraphs/finance/') && !isTestOnly(path));
  const faults = code.flatMap(({ path, text }) => text.split('\n').flatMap((line, index) => (/^\s*(\/\/|\*|\/\*)/.test(line) ? [] : FLOATS.filter(([pattern]) => pattern.test(line)).map(([, what]) => `${path}:${index + 1}: ${what}; money/decimal.ts calculates exactly`))));
  const schema = join(root, 'prisma/finance/schema.prisma');
  const columns = existsSync(schema) ? readFileSync(schema, 'utf8').split('\n') : [];
  return { faults: [...faults, ...columns.flatMap((line, index) => (/^\s+\w+\s+Float\b/.test(line) ? [`prisma/finance/schema.prisma:${index + 1}: is a float; amounts are Decimal`] : []))] };
}
