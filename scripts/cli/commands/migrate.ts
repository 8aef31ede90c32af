import type { Command } from 'commander';
import { migrateCommand } from '../../migrate.ts';
import { hubDatabaseUrl } from '../../topology/hub-database.ts';

/** `migrate`: the migrations of the hubs' databases. */
export function register(program: Command): void {
  program.addCommand(migrateCommand(hubDatabaseUrl));
}
