import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { isUuid } from '@hubgraph/kit/ids';
import { costImports, type CostImportFilter as Filter, type CostImportOrder as Order } from '../store/cost-import.ts';
import { builder, paging, READ, type FinanceContext } from './builder.ts';
import { CostImport } from './refs.ts';

/** Loads an import by id, batched. */
export const costImportById = (context: FinanceContext, id: string) => (isUuid(id) ? context.loaders.load('CostImport.id', id.toLowerCase(), (ids) => costImports.byIds(context.sql, ids)) : null);

CostImport.implement({
  description: 'One file, or one call, that brought rows of costs or of token spend.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    source: t.exposeString('source', { description: 'Where the rows come from; the keys of rows are unique within it.' }),
    file: t.exposeString('file', { description: 'Name of the file, or of the mutation.' }),
    sha256: t.exposeString('sha256', { description: 'SHA-256 of what was read; empty when it did not come to its end, or was no file.' }),
    format: t.exposeString('format', { description: 'Format, such as focus or anthropic-cost.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When all of it was read; null while it runs, or when it was cut off: importing the same file again goes on.' }),
    actor: t.exposeString('actor', { description: 'Who imported it.' }),
    read: t.exposeInt('read', { description: 'Rows read, the refused ones too.' }),
    new: t.exposeInt('new', { description: 'Rows that were not known.' }),
    unchanged: t.exposeInt('unchanged', { description: 'Rows that were there already, with the same content.' }),
    corrected: t.exposeInt('corrected', { description: 'Rows that were there with another content: replaced in an open month, corrected by their difference when the month is closed.' }),
    refused: t.exposeInt('refused', { description: 'Rows that could not be read.' }),
  }),
});

builder.asEntity(CostImport, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => costImportById(context, id) });

const CostImportFilter = builder.inputRef<Filter>('CostImportFilter').implement({
  description: 'Narrows the list of imports; what is given is combined by AND.',
  fields: (t) => ({
    sources: t.stringList({ description: 'From one of these sources.' }),
    formats: t.stringList({ description: 'Of one of these formats.' }),
    sha256: t.string({ description: 'Of a file with this SHA-256.' }),
    finished: t.boolean({ description: 'True: only those that came to their end; false: only the others.' }),
  }),
});
const CostImportOrder = builder.enumType('CostImportOrder', {
  description: 'Order of the list of imports.',
  values: { STARTED: { description: 'Oldest first.' }, STARTED_DESC: { description: 'Newest first.' } } as Record<Order, { description: string }>,
});
const CostImportConnection = connectionOf(builder, CostImport, 'CostImport');

builder.queryField('costImport', (t) =>
  t.field({
    type: CostImport,
    nullable: true,
    description: 'One import by its id; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, context) => costImportById(context, id),
  }),
);
builder.queryField('costImports', (t) =>
  t.field({
    type: CostImportConnection,
    nullable: true,
    description: 'All imports.',
    requiresScopes: READ,
    args: {
      filter: t.arg({ type: CostImportFilter, description: 'Which ones.' }),
      orderBy: t.arg({ type: CostImportOrder, defaultValue: 'STARTED_DESC', description: 'In which order.' }),
      ...paging,
    },
    resolve: (_root, { filter, orderBy, ...page }, context) => costImports.page(context.sql, filter ?? {}, orderBy ?? 'STARTED_DESC', page),
  }),
);
