import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { syncInventory, type InventoryReport as Report } from '../commands/inventory.ts';
import type { InventoryChange as Change, InventoryEnvironment, InventoryPlace, InventoryService } from '../inventory/model.ts';
import { builder, EnvironmentKind, ServiceTier } from './builder.ts';

const Section = builder.enumType('InventorySection', {
  description: 'A part of an inventory file.',
  values: {
    ENVIRONMENTS: { value: 'environments', description: 'Places where services run.' },
    SERVICES: { value: 'services', description: 'What runs.' },
    HUBS: { value: 'hubs', description: 'Hubs of the graph.' },
    API_CONSUMERS: { value: 'apiConsumers', description: 'Users of APIs.' },
    WIDGETS: { value: 'widgets', description: 'Parts of dashboards.' },
  } as const,
});
const Outcome = builder.enumType('InventoryOutcome', {
  description: 'What became of an entry.',
  values: {
    CREATED: { description: 'It was registered.' }, UPDATED: { description: 'What is known of it changed.' }, UNCHANGED: { description: 'The file says nothing new.' },
    RETIRED: { description: 'The file no longer tells of it, and it was retired.' }, MISSING: { description: 'The file no longer tells of it; it was left as it is.' },
  },
});
const InventoryChange = builder.objectRef<Change>('InventoryChange').implement({
  description: 'What became of one entry.',
  fields: (t) => ({
    section: t.field({ type: Section, description: 'Its part of the file.', resolve: ({ section }) => section }),
    slug: t.exposeString('slug', { description: 'Its slug.' }),
    outcome: t.field({ type: Outcome, description: 'What became of it.', resolve: ({ outcome }) => outcome }),
  }),
});
const Inventory = builder.objectRef<Report>('InventoryReport').implement({
  description: 'What a sync did.',
  fields: (t) => ({ changes: t.field({ type: [InventoryChange], description: 'Entry by entry, in the order of the file; then what is missing.', resolve: ({ changes }) => [...changes] }) }),
});

const PlaceInput = builder.inputRef<InventoryPlace>('InventoryPlaceInput').implement({
  description: 'Where a service runs.',
  fields: (t) => ({ environment: t.string({ required: true, description: 'Slug of the environment.' }), url: t.string({ description: 'How the service is reached there.' }) }),
});
const EnvironmentInput = builder.inputRef<InventoryEnvironment>('InventoryEnvironmentInput').implement({
  description: 'An environment as a file tells of it.',
  fields: (t) => ({
    slug: t.string({ required: true, description: 'Its slug.' }),
    kind: t.field({ type: EnvironmentKind, required: true, description: 'Its kind; it stays for ever.' }),
    name: t.string({ description: 'What it is called.' }),
    url: t.string({ description: 'Where it is looked at.' }),
    description: t.string({ description: 'What it is for.' }),
  }),
});
const ServiceInput = builder.inputRef<InventoryService>('InventoryServiceInput').implement({
  description: 'A service as a file tells of it. What is left out stays.',
  fields: (t) => ({
    slug: t.string({ required: true, description: 'Its slug.' }),
    name: t.string({ description: 'What it is called.' }),
    domain: t.string({ required: true, description: 'Slug of its domain.' }),
    repo: t.string({ description: 'Slug of its repo.' }),
    owner: t.string({ required: true, description: 'Who is asked first.' }),
    tier: t.field({ type: ServiceTier, description: 'How much depends on it.' }),
    description: t.string({ description: 'What it does.' }),
    environments: t.field({ type: [PlaceInput], description: 'Where it runs: exactly these, when given.' }),
  }),
});
const ReporterInput = builder.inputType('InventoryReporterInput', {
  description: 'A hub, an API consumer or a widget as a file tells of it. What is left out stays.',
  fields: (t) => ({
    slug: t.string({ required: true, description: 'Its slug.' }),
    name: t.string({ description: 'What it is called.' }),
    owner: t.string({ description: 'Who answers for it.' }),
    service: t.string({ description: 'Slug of the service that it belongs to.' }),
    url: t.string({ description: 'Where it is.' }),
    manifest: t.field({ type: 'JSON', description: 'Its manifest: a JSON object.' }),
  }),
});

addMutation(builder, {
  verb: 'syncInventory',
  description: 'Brings the registry to what an inventory file says, in one transaction: every entry is right, or nothing is written and every reason is told. The same file again changes nothing. Normally called by `hubgraph ops inventory sync`.',
  scopes: [['ops:write']],
  input: builder.inputType('SyncInventoryInput', {
    description: 'The content of one file.',
    fields: (t) => ({
      source: t.string({ required: true, description: 'What the file is called where it is kept; services that it no longer tells of are known by it.' }),
      environments: t.field({ type: [EnvironmentInput], description: 'Places where services run.' }),
      services: t.field({ type: [ServiceInput], description: 'What runs.' }),
      hubs: t.field({ type: [ReporterInput], description: 'Hubs of the graph.' }),
      apiConsumers: t.field({ type: [ReporterInput], description: 'Users of APIs.' }),
      widgets: t.field({ type: [ReporterInput], description: 'Parts of dashboards.' }),
      retireMissing: t.boolean({ description: 'Retire services that the file told of before and does not any longer; they are only named when left out.' }),
      ...changeFields(t),
    }),
  }),
  payload: { inventory: Inventory },
  run: (input, verb, context) => context.changes.run(context.caller, verb, (work) => syncInventory(work, input)),
});
