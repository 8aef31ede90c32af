import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A Node process of a test. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Lines it has printed so far. */
  readonly lines: readonly string[];
  /** Ends its stdin, waits for its end, answers its lines. */
  finish(): Promise<readonly string[]>;
  /** kill -9; resolves when it is gone. Safe to call twice. */
  kill(): Promise<void>;
}

/** Starts `file` (relative to `test/`) with one argument, the JSON of `input`; `through` is a command that becomes it, such as `unshare`. */
export function startChild(file: string, input: object, through: readonly string[] = []): Child {
  const [program = process.execPath, ...args] = [...through, process.execPath, join(import.meta.dirname, '..', file), JSON.stringify(input)];
  const child: ChildProcess = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  const closed = once(child, 'close');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  return {
    pid: child.pid!,
    lines,
    kill,
    async finish() {
      child.stdin!.end();
      await closed;
      return lines;
    },
    [Symbol.asyncDispose]: kill,
  };
}
