import type { Command } from 'commander';
import { addInventoryCommands } from '../ops/inventory.ts';
import { addPoisonCommands } from '../ops/poison.ts';

/** `ops`: services, evidence and events of other hubs. */
export function register(program: Command): void {
  const ops = program.command('ops').description('look after what the ops hub keeps');
  addInventoryCommands(ops);
  addPoisonCommands(ops);
}
