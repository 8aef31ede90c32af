import { UsageError } from '@hubgraph/kit/errors';
import type { Environment } from '../config.ts';
import { exitCodes } from '../exit-codes.ts';
import { startGraph, type Graph } from './graph.ts';
import type { Progress } from './progress.ts';

/** How to run a graph in the foreground. */
export interface RunOptions {
  readonly env: Environment;
  readonly progress: Progress;
  onReady(graph: Graph): void;
}

/** npm passes Ctrl-C on to us although the terminal has told us already: the same wish, not a second one. */
const ONE_WISH_MS = 500;
const PARENT_WATCH_MS = 500;

class Stopped extends Error {}

/**
 * Starts the graph and stays until a signal or a lost part ends it.
 *
 * @returns the exit code: 0 after a clean stop.
 * @throws UsageError when it does not start.
 */
export async function runGraph(options: RunOptions): Promise<number> {
  const { progress } = options;
  const stop = onSignals(progress, options.env.npm_lifecycle_event !== undefined);
  let graph: Graph;
  try {
    graph = await startGraph({ env: options.env, progress, signal: stop });
  } catch (error) {
    if (stop.reason instanceof Stopped && error === stop.reason) {
      progress.done('Stopped.');
      return exitCodes.done.code;
    }
    throw error;
  }
  options.onReady(graph);
  const asked = new Promise<undefined>((resolve) => {
    if (stop.aborted) resolve(undefined);
    else stop.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const sentence = await Promise.race([asked, graph.lost]);
  await graph.stop();
  if (sentence !== undefined) throw new UsageError(sentence, exitCodes.serverFailed.code);
  progress.done('Stopped.');
  return exitCodes.done.code;
}

/**
 * Aborts at the first wish to end; a second one ends at once, and the keeper stops the servers then.
 *
 * @param byNpm the parent is npm: its end, which nobody tells us when it was killed, is a wish too
 */
function onSignals(progress: Progress, byNpm: boolean): AbortSignal {
  const stop = new AbortController();
  let first: number | undefined;
  const wish = (name: string): void => {
    if (first === undefined) {
      first = performance.now();
      progress.step(`Stopping (${name}); once more ends at once`);
      stop.abort(new Stopped(name));
    } else if (performance.now() - first > ONE_WISH_MS) {
      process.exit(exitCodes.no.code);
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => wish(name));
  const parent = process.ppid;
  if (byNpm) {
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      wish('npm has ended');
    }, PARENT_WATCH_MS);
    watch.unref();
  }
  return stop.signal;
}
