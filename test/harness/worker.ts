import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A Node process that answers what it is asked. */
export interface Worker extends AsyncDisposable {
  readonly pid: number;
  /** Sends an order; rejects with what the worker threw, or when it ended before it answered. */
  ask<Answer = void>(order: object): Promise<Answer>;
  /** kill -9; resolves when it is gone. Safe to call twice. */
  kill(): Promise<void>;
}

interface Answered { readonly number: number; readonly answer?: unknown; readonly error?: string }

/** Starts `file` (relative to `test/harness`) with one argument, the JSON of `input`; resolves when it answers. */
export async function startWorker(file: string, input: object): Promise<Worker> {
  const child = fork(join(import.meta.dirname, file), [JSON.stringify(input)], { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  let number = 0;
  child.on('message', (answered: Answered) => {
    const waiting = asked.get(answered.number);
    asked.delete(answered.number);
    if (answered.error === undefined) waiting?.resolve(answered.answer);
    else waiting?.reject(new Error(answered.error));
  });
  const gone = once(child, 'exit').then(([code, signal]) => {
    for (const waiting of asked.values()) waiting.reject(new Error(`${file} ended with ${String(code ?? signal)}`));
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  const worker: Worker = {
    pid: child.pid!,
    kill,
    ask<Answer>(order: object) {
      const waiting = Promise.withResolvers<unknown>();
      asked.set(++number, waiting);
      if (child.exitCode !== null || child.signalCode !== null) waiting.reject(new Error(`${file} is gone`));
      // what cannot be sent is told by the end of the process
      child.send({ number, order }, () => undefined);
      return waiting.promise as Promise<Answer>;
    },
    [Symbol.asyncDispose]: kill,
  };
  await worker.ask({});
  return worker;
}

/** For a worker: its input. */
export function workerInput<Input>(): Input {
  return JSON.parse(process.argv[2]!) as Input;
}

/** For a worker that is ready: answers orders by the property that names them, and ends with its parent. */
export function serveParent(handlers: Readonly<Record<string, (argument: never) => unknown>>): void {
  process.on('message', async ({ number, order }: { number: number; order: object }) => {
    try {
      let answer: unknown;
      for (const [name, argument] of Object.entries(order)) answer = await handlers[name]!(argument as never);
      process.send?.({ number, answer });
    } catch (error) {
      process.send?.({ number, error: (error as Error).stack });
    }
  });
  process.on('disconnect', () => process.exit());
}
