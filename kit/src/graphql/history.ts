import type { Sql } from '../sql.ts';
import { historyOf } from '../store.ts';
import type { HubContext } from './builder.ts';
import type { TransitionRecordRow } from './shared.ts';

/** The history of one entity, batched over all that a request asks for. */
export async function loadHistory(context: HubContext & { readonly sql: Sql }, noun: string, id: string): Promise<TransitionRecordRow[]> {
  const lines = await context.loaders.load(`${noun}.history`, id, (ids) => historyOf<TransitionRecordRow & { entityId: string }>(context.sql, noun, ids));
  return lines ?? [];
}
