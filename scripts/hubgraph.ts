/** `npm run hubgraph -- COMMAND`: every command of this project. */
import { readdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { createProgram, runProgram } from './cli/program.ts';

const folder = new URL('cli/commands/', import.meta.url);
const program = createProgram('hubgraph');
// a command is a file: nothing lists them by hand, and each loads what it needs when it runs
for (const file of (await readdir(folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).sort()) {
  const { register } = await import(new URL(file, folder).href) as { register(program: Command): void };
  register(program);
}
await runProgram(program, process.argv.slice(2));
