/** Migrations of the hubs' databases: what `npm start` and the `migrate` command need. */
export { migrateHub, migrationStatus, resolveMigration, type MigrateOptions } from './migrate/apply.ts';
export { createMigration, schemaDrift } from './migrate/create.ts';
export { migrateCommand } from './migrate/command.ts';
