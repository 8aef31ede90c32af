import type { ExecutionResult } from 'graphql';

/**
 * One running operation in the form that graphql-ws wants: it takes results one by one and calls `return` when the
 * client or the socket is gone. A real generator cannot be returned from while it waits, so this is one by hand.
 */
export interface Operation extends AsyncGenerator<ExecutionResult, void, void> {
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** Ends it: with an `error` message when there is one, else as if it had come to its end. */
  stop(error?: Error): void;
  /** Resolves when it has ended, however. */
  readonly finished: Promise<void>;
}

/** Makes an operation of `start`, which gives the only result, or undefined if results go another way. */
export function createOperation(kind: Operation['kind'], start: (signal: AbortSignal) => Promise<ExecutionResult | undefined>): Operation {
  const stopping = new AbortController();
  const stopped = Promise.withResolvers<undefined>();
  const finished = Promise.withResolvers<void>();
  stopped.promise.catch(() => undefined);
  let begun = false;

  const stop = (error?: Error): void => {
    if (error) stopped.reject(error);
    else stopped.resolve(undefined);
    stopping.abort();
    finished.resolve();
  };
  const done = (): IteratorReturnResult<void> => ({ done: true, value: undefined });

  return {
    kind, stop,
    finished: finished.promise,
    async next() {
      if (begun) {
        stop();
        return done();
      }
      begun = true;
      try {
        const result = await Promise.race([stopped.promise, start(stopping.signal)]);
        return result === undefined ? done() : { done: false, value: result };
      } catch (error) {
        finished.resolve();
        throw error;
      }
    },
    async return() {
      stop();
      return done();
    },
    async throw(error) {
      stop();
      throw error;
    },
    async [Symbol.asyncDispose]() {
      stop();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
