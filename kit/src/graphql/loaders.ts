import DataLoader from 'dataloader';

/**
 * The batching of one request: whoever asks for the same thing in the same tick shares one database round trip.
 * A loader is known by its name, so the name carries everything besides the key that changes the answer
 * (arguments of a nested list, say).
 */
export interface Loaders {
  /** `batch` answers many keys at once; keys missing in its map load as null. */
  load<Value>(name: string, key: string, batch: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>): Promise<Value | null>;
}

/** Makes the loaders of one request. `maxBatch` bounds one statement's parameters. */
export function createLoaders(maxBatch = 10_000): Loaders {
  const byName = new Map<string, DataLoader<string, unknown>>();
  return {
    async load<Value>(name: string, key: string, batch: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>) {
      let loader = byName.get(name);
      if (loader === undefined) {
        loader = new DataLoader<string, unknown>(
          async (keys) => {
            const found = await batch(keys);
            return keys.map((wanted) => found.get(wanted) ?? null);
          },
          { maxBatchSize: maxBatch },
        );
        byName.set(name, loader);
      }
      return (await loader.load(key)) as Value | null;
    },
  };
}

/** A stable text of arguments, for loader names. */
export function argsName(field: string, args: object): string {
  return `${field}:${JSON.stringify(args)}`;
}
