/** A signal with an end of its own; disposing it gives timer and listener back. */
export interface Deadline extends Disposable {
  /** Aborted when the time is over or with the signal that it was made from. */
  readonly signal: AbortSignal;
  /** Whether it was the time. */
  readonly late: boolean;
}

/**
 * Starts to count `milliseconds`. `AbortSignal.timeout` would do, but keeps its timer to the end, and thousands of
 * requests a second end long before their time.
 */
export function startDeadline(milliseconds: number, parent?: AbortSignal): Deadline {
  const own = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    own.abort(new DOMException(`no answer within ${milliseconds} ms`, 'TimeoutError'));
  }, milliseconds);
  const follow = (): void => own.abort(parent?.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  return {
    signal: own.signal,
    get late() {
      return late;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      parent?.removeEventListener('abort', follow);
    },
  };
}
