import type { Tx } from '@hubgraph/kit/sql';
import type { Workstream } from '../model.ts';
import { tasks } from '../store/index.ts';

/** Whether a text is a code of a task of `workstream`, such as `CUST-WP-0025-T03`; files may use more digits. */
export function isTaskCode(text: string, workstream: string): boolean {
  return text.startsWith(workstream) && /^-T\d{1,6}$/.test(text.slice(workstream.length));
}

/** The next free task code and place of a workstream, which must be locked for update; as many digits as its other codes have, at least two. */
export async function nextTaskCode(tx: Tx, workstream: Workstream): Promise<{ code: string; ordinal: number }> {
  const { highest, digits, ordinal } = await tasks.lastPlace(tx, workstream.id);
  return { code: `${workstream.code}-T${String(highest + 1).padStart(Math.max(2, digits), '0')}`, ordinal: ordinal + 1 };
}
