import { isUuid } from '@hubgraph/kit/ids';
import { gates } from '../store/index.ts';
import { builder, type OpsContext } from './builder.ts';
import { Gate } from './refs.ts';

/** Loads gates by id, batched. */
export const gateById = (context: OpsContext, id: string) => (isUuid(id) ? context.loaders.load('Gate.id', id.toLowerCase(), (ids) => gates.byIds(context.sql, ids)) : null);

Gate.implement({ description: 'A live query over evidence that a person passes, never ticks.', fields: (t) => ({ id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }) }) });
builder.asEntity(Gate, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => gateById(context, id) });
