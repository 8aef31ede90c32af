import type { Command } from 'commander';
import { addTokenImport } from '../costs/import.ts';

/** `tokens`: what models were used for. */
export function register(program: Command): void {
  addTokenImport(program.command('tokens').description('bring in what models were used for'));
}
