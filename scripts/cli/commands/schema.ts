import type { Command } from 'commander';
import { schemaCommand } from '../../schema.ts';

/** `schema`: everything that is generated from the hubs' code. */
export function register(program: Command): void {
  program.addCommand(schemaCommand());
}
