/** An event at its place, as the outbox has it. */
export interface Expected {
  readonly hub: string;
  readonly domain: string;
  readonly pos: number;
  readonly id: string;
}

/** An event as the first client that got it had it. */
interface Known {
  readonly pos: number;
  /** Undefined while all who got it got an error in its place. */
  id: string | undefined;
  /** Milliseconds since 1970 at which each client got it. */
  readonly at: number[];
}

/** Checks that all clients who ask for the same get the same events of a hub: none left out, none twice, in order. */
export interface Sequence {
  /** A client that has `count` events gets the event at `pos`; answers what is wrong with that. `id` is undefined for an error in the event's place. */
  got(count: number, pos: number, id: string | undefined, at: number): string | undefined;
  readonly length: number;
  /** Compares with the outbox; answers the first few differences. */
  differences(expected: readonly Expected[]): string[];
  /** Time from commit to each client, in milliseconds, of the events that `committed` knows. */
  latencies(committed: ReadonlyMap<string, number>): number[];
}

/** An empty sequence. */
export function createSequence(): Sequence {
  const all: Known[] = [];
  return {
    get length() { return all.length; },
    got(count, pos, id, at) {
      const known = all[count];
      if (known === undefined) {
        const before = all.at(-1)?.pos ?? 0;
        if (pos <= before) return `event ${pos} came after ${before}`;
        all.push({ pos, id, at: [at] });
        return undefined;
      }
      if (known.pos !== pos) return `event ${pos} came where ${known.pos} was expected`;
      if (known.id !== undefined && id !== undefined && known.id !== id) return `event ${pos} is ${id} and was ${known.id}`;
      known.id ??= id;
      known.at.push(at);
      return undefined;
    },
    differences(expected) {
      const found: string[] = [];
      for (let index = 0; index < Math.max(all.length, expected.length) && found.length < 3; index++) {
        const [mine, wanted] = [all[index], expected[index]];
        if (mine?.pos !== wanted?.pos || (mine?.id !== undefined && mine.id !== wanted?.id)) found.push(`at ${index}: got ${mine?.pos} ${mine?.id}, the outbox has ${wanted?.pos} ${wanted?.id}`);
      }
      return found;
    },
    latencies(committed) {
      return all.flatMap(({ id, at }) => {
        const from = committed.get(id ?? '');
        // seen before the answer to the commit came back to the writer: no time at all, as far as anyone can tell
        return from === undefined ? [] : at.map((moment) => Math.max(0, moment - from));
      });
    },
  };
}
