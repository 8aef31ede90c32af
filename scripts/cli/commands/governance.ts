import type { Command } from 'commander';
import { addProjectionCommands } from '../governance/projection.ts';

/** `governance`: what governance keeps of other hubs. */
export function register(program: Command): void {
  addProjectionCommands(program.command('governance').description('look after what the governance hub keeps'));
}
