import { isUuid } from '@hubgraph/kit/ids';
import { migrations } from '../store/index.ts';
import { builder, type OpsContext } from './builder.ts';
import { MigrationRun } from './refs.ts';

/** Loads migration runs by id, batched. */
export const migrationById = (context: OpsContext, id: string) => (isUuid(id) ? context.loaders.load('MigrationRun.id', id.toLowerCase(), (ids) => migrations.byIds(context.sql, ids)) : null);

MigrationRun.implement({ description: 'A system replaced by another, step by step.', fields: (t) => ({ id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }) }) });
builder.asEntity(MigrationRun, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => migrationById(context, id) });
