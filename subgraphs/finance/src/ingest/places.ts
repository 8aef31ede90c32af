/** Lets so much work run at once and not more; the rest waits in the order in which it came. */
export interface Places {
  take<Result>(work: () => Promise<Result>): Promise<Result>;
}

export function createPlaces(count: number): Places {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    async take(work) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => void waiting.push(resolve));
      try {
        return await work();
      } finally {
        // handed on: who comes meanwhile stands behind
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    },
  };
}
