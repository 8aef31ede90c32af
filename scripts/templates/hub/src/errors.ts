import { defineCodes } from '@hubgraph/kit/errors';

/** Codes of the guards that only this hub has. */
export const codes = defineCodes({
  OUTCOME_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Say what came of it.' },
});

export type WorkshopCode = keyof typeof codes;
