/** `npm start`: the same as the command `hubgraph start`, without loading the other commands. */
import { register } from './cli/commands/start.ts';
import { createProgram, runProgram } from './cli/program.ts';

const program = createProgram('npm start --');
register(program);
await runProgram(program, ['start', ...process.argv.slice(2)]);
