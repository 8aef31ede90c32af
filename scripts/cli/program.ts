import { Command, CommanderError } from 'commander';
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodeLines, exitCodes } from '../exit-codes.ts';

/** Makes the program that command files register themselves with. */
export function createProgram(name: string): Command {
  return new Command(name)
    .description('One GraphQL graph over all the hubs of an organisation.')
    .configureHelp({ sortSubcommands: true, showGlobalOptions: true })
    .addHelpText('after', `\nExit codes:\n${exitCodeLines()}\n\ndocs/config.md lists the settings that come from the environment.`)
    .helpCommand(false);
}

/** Runs one command line to its end and sets the exit code; whatever fails gets one sentence, never a stack. */
export async function runProgram(program: Command, args: readonly string[]): Promise<void> {
  everyCommand(program, (command) => command.exitOverride().showHelpAfterError(false).configureOutput({ outputError: () => undefined }));
  try {
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const { message, exitCode } = failure(error);
    process.exitCode = exitCode;
    // a connection that a failed command left open must not keep its process
    setTimeout(() => process.exit(), 1_000).unref();
    if (message === undefined) return;
    if (args.includes('--json')) console.log(JSON.stringify({ error: { message, exitCode } }));
    else console.error(message);
  }
}

function everyCommand(command: Command, change: (command: Command) => void): void {
  change(command);
  for (const sub of command.commands) everyCommand(sub, change);
}

function failure(error: unknown): { message?: string; exitCode: number } {
  if (error instanceof UsageError) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof CommanderError) {
    // --help and --version end the same way, with nothing left to say
    if (error.exitCode === 0) return { exitCode: exitCodes.done.code };
    // a group of commands without one of them: its help is printed already
    if (error.code === 'commander.help') return { exitCode: exitCodes.usage.code };
    const sentence = error.message.replace(/^error: /, '').replace(/\n\(?/g, ' (').replace(/\)$/, ')');
    return { message: `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}${sentence.endsWith('.') ? '' : '.'} See --help.`, exitCode: exitCodes.usage.code };
  }
  const cause = error as NodeJS.ErrnoException;
  if (cause.code === 'ENOSPC' || cause.code === 'EDQUOT') return { message: `The disk is full${cause.path === undefined ? '' : ` (${cause.path})`}; make space and try again.`, exitCode: exitCodes.unwritable.code };
  return { message: `This is a mistake of ours: ${cause.message || String(cause)} (set HUBGRAPH_LOG_LEVEL=debug and look at the log).`, exitCode: exitCodes.fault.code };
}
