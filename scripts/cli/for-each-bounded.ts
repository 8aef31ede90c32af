/**
 * Does `work` for every item, at most `concurrency` at a time; items are taken from their source only as they are worked
 * on. After a failure nothing new is begun; what is under way ends, then the first failure is thrown.
 */
export async function forEachBounded<Item>(items: AsyncIterable<Item>, concurrency: number, work: (item: Item) => Promise<void>): Promise<void> {
  const source = items[Symbol.asyncIterator]();
  const failures: unknown[] = [];
  const worker = async () => {
    while (failures.length === 0) {
      try {
        const next = await source.next();
        if (next.done) return;
        await work(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await source.return?.();
  if (failures.length > 0) throw failures[0];
}
