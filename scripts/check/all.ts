import { join } from 'node:path';
import { Command } from 'commander';
import { boundaries } from './boundaries.ts';
import { anys, environment, leftOpen, lengths, suppressions } from './code.ts';
import { hubShape } from './hub-shape.ts';
import { lockfile } from './lockfile.ts';
import { migrations } from './migrations.ts';
import { money } from './money.ts';
import type { Check, Findings } from './tree.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Every check of the tree, by the name that it is run by. */
export const checks: Readonly<Record<string, Check>> = {
  boundaries, 'hub-shape': hubShape, environment, any: anys, suppressions, 'left-open': leftOpen, lengths, lockfile, migrations, money,
  async schema() {
    const { runSchema } = await import('../schema.ts');
    const { faults, hints } = await runSchema({ check: true });
    return { faults, warnings: hints };
  },
};

/** Runs checks one after the other, prints one line for each, and returns whether all are content. */
export async function runChecks(names: readonly string[], root: string, say: (line: string) => void): Promise<boolean> {
  let content = true;
  for (const name of names) {
    const began = performance.now();
    const { faults, warnings = [] } = await run(checks[name] as Check, root);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    if (faults.length > 0) content = false;
    say(`${faults.length > 0 ? '✖' : '✓'} ${name.padEnd(14)} ${seconds} s${faults.length > 0 ? `  ${faults.length} found` : ''}${warnings.length > 0 ? `  ${warnings.length} to look at` : ''}`);
    for (const fault of faults) say(`  ✖ ${fault}`);
    for (const warning of warnings) say(`  ! ${warning}`);
  }
  return content;
}

/** A check that cannot even run has found something. */
async function run(check: Check, root: string): Promise<Findings> {
  try {
    return await check(root);
  } catch (error) {
    return { faults: [(error as Error).stack ?? String(error)] };
  }
}

if (import.meta.main) {
  const command = new Command('check').description('check the tree: all checks, or those named').argument('[checks...]', `any of ${Object.keys(checks).join(', ')}`);
  command.action(async (names: string[]) => {
    const unknown = names.filter((name) => !(name in checks));
    if (unknown.length > 0) command.error(`There is no check ${unknown.join(', ')}; there are ${Object.keys(checks).join(', ')}.`, { exitCode: 2 });
    if (!(await runChecks(names.length > 0 ? names : Object.keys(checks), ROOT, (line) => console.log(line)))) process.exitCode = 1;
  });
  await command.parseAsync();
}
