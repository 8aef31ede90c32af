import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { MOST_COSTS, recordCost, type RecordCostInput } from '../commands/cost.ts';
import { IMPORT_PATH } from '../import/entry.ts';
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

builder.queryField('costImportUrl', (t) =>
  t.string({
    nullable: true,
    description: 'Where files of costs and token usage are sent: POST with the token of the caller, the file as the body. Null when the hub has no address.',
    requiresScopes: [['finance:read', 'finance:write']],
    resolve: (_root, _args, context) => (context.publicUrl() === '' ? null : `${context.publicUrl()}${IMPORT_PATH}`),
  }),
);

const ChargeTagInput = builder.inputType('ChargeTagInput', {
  description: 'A tag of a charge.',
  fields: (t) => ({ key: t.string({ required: true, description: 'Its name.' }), value: t.string({ required: true, description: 'What it says.' }) }),
});
const ChargeInput = builder.inputType('ChargeInput', {
  description: 'One charge.',
  fields: (t) => ({
    sourceKey: t.string({ required: true, description: 'The source\'s own key of it, such as number and line of an invoice: the same key and content again changes nothing, another content corrects.' }),
    provider: t.string({ required: true, description: 'Who charges it.' }),
    serviceName: t.string({ description: 'What for, by the provider\'s name.' }),
    description: t.string({ description: 'What the invoice says.' }),
    billedCost: t.field({ type: 'Decimal', required: true, description: 'What is invoiced; negative for a credit.' }),
    effectiveCost: t.field({ type: 'Decimal', description: 'What it costs after commitments are spread over their time; what is invoiced when left out.' }),
    currency: t.string({ required: true, description: 'Currency, such as EUR.' }),
    start: t.field({ type: 'Date', required: true, description: 'First day that it is for.' }),
    end: t.field({ type: 'Date', description: 'The first day after the last one; the end of the month of start when left out.' }),
    category: t.string({ description: 'Usage (when left out), Purchase, Tax, Credit or Adjustment.' }),
    account: t.string({ description: 'Billing account.' }),
    subAccount: t.string({ description: 'Sub-account.' }),
    tags: t.field({ type: [ChargeTagInput], description: 'Tags, by which rules attribute it.' }),
  }),
});
addMutation(builder, {
  verb: 'recordCost',
  description: `Records 1 to ${MOST_COSTS} charges that come in no file: all or none, with every reason at once. Safe to repeat. What is told for a closed month counts in the open one.`,
  scopes: [['finance:write']],
  input: builder.inputType('RecordCostInput', {
    description: 'A batch of charges.',
    fields: (t) => ({ source: t.string({ required: true, description: 'Where they come from, such as invoices/hetzner: keys are unique within a source.' }), costs: t.field({ type: [ChargeInput], required: true, description: `1 to ${MOST_COSTS} charges.` }), ...changeFields(t) }),
  }),
  payload: { import: CostImport },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => recordCost(work, input as unknown as RecordCostInput)),
});
