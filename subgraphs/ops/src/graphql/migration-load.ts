import { isUuid } from '@hubgraph/kit/ids';
import { migrations } from '../store/index.ts';
import type { OpsContext } from './builder.ts';

/** Loads migration runs by id, batched. */
export const migrationById = (context: OpsContext, id: string) => (isUuid(id) ? context.loaders.load('MigrationRun.id', id.toLowerCase(), (ids) => migrations.byIds(context.sql, ids)) : null);
/** Loads migration runs by code, batched. */
export const migrationByCode = (context: OpsContext, code: string) => context.loaders.load('MigrationRun.code', code, (codes) => migrations.byCodes(context.sql, codes));
