import type { Entry, Source } from './source.ts';
import type { Topic } from './topics.ts';

/** The next event that a reader wants, as far as was looked. */
export interface Found {
  readonly entry: Entry | undefined;
  /** Everything up to here is done with once `entry` is. */
  readonly upTo: number;
}

/**
 * Looks through the events of one hub in memory for those of one topic, once for all who read there: whoever comes
 * after finds what was found already. Readers far apart are as good as readers side by side.
 */
export interface Scan {
  /** What follows `after`; undefined when that is not in memory, and must be read from the log. */
  next(after: number): Found | undefined;
  /** One reader more; what was found is given up a while after the last was disposed. */
  use(): Disposable;
}

/** Events that are looked at in one go. */
const STRETCH = 2_000;
/** Readers farther apart than this do not share: each begins anew. */
const REACH = 50_000;
/** Where one reader was, others are likely to come soon. */
const KEPT_MS = 10_000;

/** A scan that nobody uses yet. */
export function createScan(source: Pick<Source, 'at' | 'tail'>, topic: Topic): Scan {
  /** Those of the topic behind `from`, up to `to`, in order. */
  let found: Entry[] = [];
  let from = 0;
  let to = 0;
  let epoch: string | undefined;
  let users = 0;
  let forgetting: NodeJS.Timeout | undefined;

  const look = (after: number, until: number): { readonly entries: Entry[]; readonly reached: number } => {
    const entries: Entry[] = [];
    let reached = after;
    for (let message = source.at(reached + 1); message && reached < until; message = source.at(reached + 1)) {
      reached++;
      if (message.event && topic.matches(message.event)) entries.push(message as Entry);
    }
    return { entries, reached };
  };

  return {
    next(after) {
      const { tail } = source;
      // beyond the tail are events that the seats have still to get
      if (!tail || after >= tail[1] || !source.at(after + 1)) return undefined;
      if (epoch !== tail[0] || from - after > REACH || after - to > REACH) [found, from, to, epoch] = [[], after, after, tail[0]];
      if (after < from) {
        const { entries, reached } = look(after, from);
        [found, to] = reached === from ? [[...entries, ...found], to] : [entries, reached];
        from = after;
      } else if (after > to) {
        const { entries, reached } = look(to, after);
        if (reached === after) found.push(...entries);
        else [found, from] = [[], after];
        to = after;
      }
      const index = firstAfter(found, after);
      const known = found[index];
      if (known) return { entry: known, upTo: known.seq };
      if (to > after) return { entry: undefined, upTo: to };
      const { entries, reached } = look(to, Math.min(to + STRETCH, tail[1]));
      found.push(...entries);
      to = reached;
      const [entry] = entries;
      return { entry, upTo: entry?.seq ?? to };
    },
    use() {
      users++;
      clearTimeout(forgetting);
      return {
        [Symbol.dispose]() {
          if (--users > 0) return;
          forgetting = setTimeout(() => ([found, from, to] = [[], 0, 0]), KEPT_MS).unref();
        },
      };
    },
  };
}

/** Index of the first of the sorted `entries` behind `after`. */
function firstAfter(entries: readonly Entry[], after: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.seq ?? 0) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
