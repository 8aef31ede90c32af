import type { GraphClient } from '../client.ts';
import { ERRORS, type MutationError } from './graph.ts';

const STALE = `mutation FlagStaleTasks($input: FlagStaleTasksInput!) {
  flagStaleTasks(input: $input) { report { flagged more } ${ERRORS} }
}`;
const MOST_ROUNDS = 1_000;

/** Lets the graph report stale tasks until none is left; a dry run asks once, so `more` may be true. */
export async function flagStale(client: GraphClient, days: number, dryRun: boolean): Promise<{ flagged: string[]; more: boolean; errors: readonly MutationError[] }> {
  const flagged: string[] = [];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { flagStaleTasks } = await client.request<{ flagStaleTasks: { report: { flagged: string[]; more: boolean } | null; errors: MutationError[] } }>(STALE, { input: { days, dryRun } });
    flagged.push(...(flagStaleTasks.report?.flagged ?? []));
    const more = flagStaleTasks.report?.more ?? false;
    if (!more || dryRun) return { flagged, more, errors: flagStaleTasks.errors };
  }
  return { flagged, more: true, errors: [] };
}
