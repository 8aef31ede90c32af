import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Command } from 'commander';
import { createProgram, runProgram } from './cli/program.ts';
import { generateClients } from './generate.ts';
import { makeHub } from './new-hub/make.ts';

const ROOT = join(import.meta.dirname, '..');

/** The `new-hub` command: a hub with one noun that passes CI at once. */
export function newHubCommand(): Command {
  return new Command('new-hub')
    .description('make a hub with one noun, a verb that moves it, its events and tests; it passes CI at once')
    .argument('<name>', 'lower case, such as people')
    .option('--event-hub <word>', 'second word of its event types; <name>hub when left out')
    .option('--noun <Noun>', 'its noun in PascalCase; <Name>Item when left out')
    .option('--json', 'print JSON')
    .action(async (name: string, options: { eventHub?: string; noun?: string; json?: boolean }) => {
      const { names, written } = await makeHub({ root: ROOT, name, ...options, now: new Date() });
      await generateClients();
      // in a process of its own, because this one has listed the hubs already
      const schema = spawnSync(process.execPath, [join(ROOT, 'scripts/schema.ts')], { cwd: ROOT, encoding: 'utf8' });
      if (schema.status !== 0) throw new Error(`the hub is written, but npm run schema says: ${schema.stderr.trim()}`);
      if (options.json) console.log(JSON.stringify({ ...names, written }));
      else console.log([...written.map((path) => `  ${path}`), `The hub ${names.hub} is in the graph: ${names.noun}, open${names.noun}, close${names.noun}. Mutations ask for ${names.scope}. Begin with subgraphs/${name}/src/model.ts.`].join('\n'));
    });
}

if (import.meta.main) {
  const program = createProgram('hubgraph');
  program.addCommand(newHubCommand());
  await runProgram(program, ['new-hub', ...process.argv.slice(2)]);
}
