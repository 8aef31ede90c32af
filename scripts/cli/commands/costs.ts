import type { Command } from 'commander';
import { addCostExport } from '../costs/export.ts';
import { addCostImport } from '../costs/import.ts';

/** `costs`: charges in and out. */
export function register(program: Command): void {
  const group = program.command('costs').description('bring charges in and get them out');
  addCostImport(group);
  addCostExport(group);
}
