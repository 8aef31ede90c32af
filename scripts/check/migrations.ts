import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaDrift } from '../migrate/create.ts';
import { hubsWithSchema, KIT_MIGRATION } from '../migrate/folder.ts';
import type { Findings } from './tree.ts';

/** Every hub begins with the kit's tables as they are now, and its migrations lead to its schema. */
export async function migrations(root: string): Promise<Findings> {
  const faults: string[] = [];
  const tables = readFileSync(join(root, 'kit/src/tables.sql'), 'utf8');
  for (const hub of hubsWithSchema(root)) {
    const path = `prisma/${hub}/migrations/${KIT_MIGRATION}/migration.sql`;
    if (!existsSync(join(root, path))) faults.push(`${path}: is missing; npm run hubgraph -- migrate create init writes it`);
    else if (readFileSync(join(root, path), 'utf8') !== tables) faults.push(`${path}: differs from kit/src/tables.sql, of which it is a copy`);
    const drift = await schemaDrift(hub, root);
    if (drift !== '') faults.push(`prisma/${hub}/schema.prisma: its migrations do not lead to it; npm run hubgraph -- migrate create NAME writes what is missing: ${drift.trim().split('\n')[0]}`);
  }
  return { faults };
}
