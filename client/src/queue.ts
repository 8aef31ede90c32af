/** How much may wait for a consumer. */
export interface QueueBounds {
  readonly values: number;
  /** Of the answers' text, which measures what they take. */
  readonly characters: number;
}

/** One thing that waits. */
export interface Item<Value> {
  readonly value: Value;
  /** Where to resume once it was handed out. */
  readonly place: string | undefined;
  readonly characters: number;
}

/** Holds what came until the consumer takes it. */
export interface Queue<Value> {
  /** Whether no more should be put in; something put in nevertheless is kept. */
  readonly isFull: boolean;
  put(item: Item<Value>): void;
  /** Sets the place of the last item; false when there is none. */
  move(place: string): boolean;
  /** The next item; undefined at the end. Rejects once, in place of the end, with the error that {@link Queue.end} was given. */
  take(): Promise<Item<Value> | undefined>;
  end(error?: Error): void;
  /** Throws away what waits. */
  clear(): void;
}

interface Taker<Value> {
  resolve(item: Item<Value> | undefined): void;
  reject(error: Error): void;
}

/** Makes an empty one. `roomy` is called when half of its bounds are free again. */
export function createQueue<Value>({ values, characters }: QueueBounds, roomy: () => void): Queue<Value> {
  let items: Item<Value>[] = [];
  let held = 0;
  let isEnded = false;
  let failure: Error | undefined;
  const takers: Taker<Value>[] = [];

  return {
    get isFull() { return items.length >= values || held >= characters; },
    put(item) {
      const taker = takers.shift();
      if (taker) return taker.resolve(item);
      items.push(item);
      held += item.characters;
    },
    move(place) {
      const last = items.pop();
      if (!last) return false;
      items.push({ ...last, place });
      return true;
    },
    take() {
      const item = items.shift();
      if (item) {
        held -= item.characters;
        if (items.length <= values / 2 && held <= characters / 2) roomy();
        return Promise.resolve(item);
      }
      if (failure) {
        const error = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (isEnded) return Promise.resolve(undefined);
      return new Promise((resolve, reject) => void takers.push({ resolve, reject }));
    },
    end(error) {
      if (isEnded) return;
      isEnded = true;
      const [first, ...others] = takers.splice(0);
      if (!error) first?.resolve(undefined);
      else if (first) first.reject(error);
      else failure = error;
      for (const taker of others) taker.resolve(undefined);
    },
    clear() {
      items = [];
      held = 0;
    },
  };
}
