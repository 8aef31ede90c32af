import { UsageError } from '@hubgraph/kit/errors';
import { Command } from 'commander';
import { migrateHub, migrationStatus, resolveMigration } from './apply.ts';
import { createMigration } from './create.ts';
import { hubsWithSchema, readMigrations } from './folder.ts';

interface Options {
  readonly hub?: string;
  readonly url?: string;
  readonly json?: boolean;
}

/**
 * The `migrate` command. `databaseUrl` says where a hub's database is, when nobody gives `--url`.
 *
 * `create` needs no database; the others change or read the one given, and `npm start` applies what is pending by itself.
 */
export function migrateCommand(databaseUrl: (hub: string) => string | undefined): Command {
  const command = new Command('migrate').description('create, apply and look at the migrations of the hubs\' databases');
  const say = (options: Options, facts: object, lines: readonly string[]) => console.log(options.json ? JSON.stringify(facts) : lines.join('\n'));
  const urlOf = (hub: string, options: Options): string => {
    const url = options.url ?? databaseUrl(hub);
    if (url === undefined) throw new UsageError(`Where is the database of ${hub}? Give --url, or set DATABASE_URL or ${hub.toUpperCase()}_DATABASE_URL.`);
    return url;
  };
  const withDatabase = (sub: Command) => sub
    .option('--hub <name>', 'only this hub; all hubs when left out')
    .option('--url <url>', 'PostgreSQL URL; from the environment when left out')
    .option('--json', 'print JSON');

  command.command('create').argument('<name>', 'what changes, such as add_goal_owner')
    .description('write the migration from the last one to the present schema.prisma')
    .option('--hub <name>', 'only this hub; all hubs when left out')
    .option('--json', 'print JSON')
    .action(async (name: string, options: Options) => {
      const created: Record<string, string | null> = {};
      for (const hub of chosen(options)) created[hub] = (await createMigration(hub, name, { now: new Date() })) ?? null;
      say(options, { created }, Object.entries(created).map(([hub, migration]) => (migration ? `prisma/${hub}/migrations/${migration}/migration.sql` : `${hub}: the schema has not changed`)));
    });

  withDatabase(command.command('apply').description('apply what is pending')).action(async (options: Options) => {
    const applied: Record<string, string[]> = {};
    for (const hub of chosen(options)) applied[hub] = await migrateHub({ name: hub, url: urlOf(hub, options), log: (line) => console.error(line) });
    say(options, { applied }, Object.entries(applied).map(([hub, names]) => `${hub}: ${names.length > 0 ? names.join(', ') : 'nothing to do'}`));
  });

  withDatabase(command.command('status').description('say what is applied and what is pending')).action(async (options: Options) => {
    const status: Record<string, { applied: string[]; pending: string[] }> = {};
    for (const hub of chosen(options)) status[hub] = await migrationStatus({ name: hub, url: urlOf(hub, options) });
    say(options, status, Object.entries(status).map(([hub, found]) => `${hub}: ${found.applied.length} applied${found.pending.length > 0 ? `, pending: ${found.pending.join(', ')}` : ', nothing pending'}`));
  });

  withDatabase(command.command('resolve').argument('<migration>', 'the migration that failed half-way'))
    .description('settle a migration that failed half-way, after you have looked at what it left')
    .option('--applied', 'all of it is there: never run it again')
    .option('--rolled-back', 'nothing of it is there: try it again')
    .action(async (migration: string, options: Options & { applied?: boolean; rolledBack?: boolean }) => {
      if (Boolean(options.applied) === Boolean(options.rolledBack)) throw new UsageError('Say either --applied or --rolled-back.');
      const owners = chosen(options).filter((hub) => readMigrations(hub).some((known) => known.name === migration));
      const [hub] = owners;
      if (hub === undefined) throw new UsageError(`No hub has a migration ${migration}.`);
      if (owners.length > 1) throw new UsageError(`Several hubs have a migration ${migration}: say --hub ${owners.join(' or --hub ')}.`);
      const as = options.applied ? 'applied' : 'rolled-back';
      await resolveMigration({ name: hub, url: urlOf(hub, options) }, migration, as);
      say(options, { hub, migration, as }, [`${migration} of ${hub} counts as ${as === 'applied' ? 'applied' : 'rolled back; it is tried again at the next start'}.`]);
    });
  return command;
}

function chosen(options: Options): string[] {
  const hubs = hubsWithSchema();
  if (options.hub === undefined) return hubs;
  if (!hubs.includes(options.hub)) throw new UsageError(`There is no hub ${options.hub}; there are ${hubs.join(', ')}.`);
  return [options.hub];
}
