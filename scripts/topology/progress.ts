/** Short lines for the person who waits, each with the seconds since the start. */
export interface Progress {
  step(text: string): void;
  /** The last line, without the time: it is what a script waits for. */
  done(text: string): void;
}

/** Writes to `out`, or stays silent when `quiet`. */
export function progressTo(out: { write(text: string): unknown }, options: { readonly quiet?: boolean } = {}): Progress {
  return {
    // counted from the start of the process: loading the code is part of the wait
    step(text) {
      if (!options.quiet) out.write(`${(performance.now() / 1000).toFixed(1).padStart(5)} s  ${text}\n`);
    },
    done(text) {
      if (!options.quiet) out.write(`${text}\n`);
    },
  };
}
