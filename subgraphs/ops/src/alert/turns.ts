const last = new Map<string, Promise<unknown>>();

/**
 * Runs `work` after what was given under the same key before, within this process.
 *
 * Only one raise of a key can hold its alert at a time. In a storm the others would wait for it with a connection in hand, and
 * whoever waits for a connection for 5 s is refused; here they wait without one. What is right is still up to the database.
 */
export async function inTurn<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
  const turn = (last.get(key) ?? Promise.resolve()).then(work, work);
  last.set(key, turn);
  try {
    return await turn;
  } finally {
    if (last.get(key) === turn) last.delete(key);
  }
}
