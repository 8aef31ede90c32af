import { argsName } from '@hubgraph/kit/graphql/loaders';
import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { isUuid } from '@hubgraph/kit/ids';
import { isUnderWay, type StartScrubInput } from '../commands/scrub/index.ts';
import { locations, scrubs, blobs, type LocationFilter } from '../store/index.ts';
import { builder, LocationStatus, paging, READ, type ArtifactsContext } from './builder.ts';
import { ArtifactFileConnection, ScrubRunConnection, StorageLocationConnection } from './connections.ts';
import { ScrubRun, StorageLocation } from './refs.ts';

const blobOf = (context: ArtifactsContext, blake3: string) => context.loaders.load('Blob.blake3', blake3, (digests) => blobs.byDigests(context.sql, digests));

StorageLocation.implement({
  description: 'One copy of stored bytes in one storage. What several files share is stored once.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    backend: t.exposeString('backend', { description: 'Name of the storage: `local` or `s3`.' }),
    key: t.exposeString('key', { description: 'Where it lies in the storage: a path below its root, or below the prefix of its bucket. Made of the BLAKE3 digest.' }),
    status: t.field({ type: LocationStatus, description: 'Whether it is there, as far as known.', resolve: (location) => location.status }),
    blake3: t.field({ type: 'Blake3', description: 'BLAKE3 digest of the bytes.', resolve: (location) => location.blake3 }),
    sha256: t.field({ type: 'Sha256', nullable: true, description: 'SHA-256 digest of the bytes.', resolve: async (location, _args, context) => (await blobOf(context, location.blake3))?.sha256 ?? null }),
    size: t.field({ type: 'SafeInt', nullable: true, description: 'Size in bytes.', resolve: async (location, _args, context) => { const blob = await blobOf(context, location.blake3); return blob === null ? null : Number(blob.size); } }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the bytes were stored here first.' }),
    checkedAt: t.expose('checkedAt', { type: 'DateTime', nullable: true, description: 'When a scrub last read them; null when none did.' }),
    damagedAt: t.expose('damagedAt', { type: 'DateTime', nullable: true, description: 'When they were last found lost or changed, having been right before; stays when they are repaired.' }),
    note: t.exposeString('note', { nullable: true, description: 'What a scrub or a removal found, in one clause.' }),
    files: t.field({
      type: ArtifactFileConnection,
      nullable: true,
      description: 'Files of packages that need these bytes, whose `package` tells what is at stake.',
      args: paging,
      resolve: (location, args, context) => context.loaders.load(argsName('StorageLocation.files', args), location.blake3, (digests) => locations.filesOf(context.sql, digests, args)),
    }),
  }),
});

const ScrubRunStatus = builder.enumType('ScrubRunStatus', {
  description: 'State of a run of the scrubber.',
  values: { RUNNING: { description: 'A process carries it out.' }, STOPPED: { description: 'It was cut off, by a restart or by a storage that does not answer; it goes on by itself within ten minutes.' }, FINISHED: { description: 'Everything that was due is read.' } },
});

ScrubRun.implement({
  description: 'One run of the scrubber over one storage: it reads stored bytes and compares them with their digests.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    backend: t.exposeString('backend', { description: 'Name of the storage.' }),
    status: t.field({ type: ScrubRunStatus, description: 'Whether it runs.', resolve: (run, _args, context) => (run.finishedAt !== null ? 'FINISHED' : isUnderWay(run, context.now()) ? 'RUNNING' : 'STOPPED') }),
    all: t.exposeBoolean('all', { description: 'Whether it reads everything, and not only what is damaged or was not read for long.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
    startedBy: t.exposeString('startedBy', { description: 'Who began it.' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it came to its end.' }),
    error: t.exposeString('error', { nullable: true, description: 'What stopped it, or what it could not read.' }),
    due: t.exposeInt('due', { description: 'Locations that it has to read, as counted when it began or went on; 0 until they are counted.' }),
    checked: t.exposeInt('checked', { description: 'Locations that it has read.' }),
    bytes: t.field({ type: 'SafeInt', description: 'Bytes that it has read.', resolve: (run) => Number(run.bytes) }),
    lost: t.exposeInt('lost', { description: 'Locations that were not there.' }),
    changed: t.exposeInt('changed', { description: 'Locations that had other bytes.' }),
    repaired: t.exposeInt('repaired', { description: 'Damaged locations that are right again, most of them by a copy from another storage.' }),
  }),
});

const StorageLocationFilter = builder.inputRef<LocationFilter>('StorageLocationFilter').implement({
  description: 'Narrows a list of storage locations; what is given is combined by AND.',
  fields: (t) => ({
    statuses: t.field({ type: [LocationStatus], description: 'In one of these states; LOST and CHANGED are the damaged ones.' }),
    backend: t.string({ description: 'In this storage.' }),
  }),
});
builder.queryField('storageLocations', (t) =>
  t.field({
    type: StorageLocationConnection,
    nullable: true,
    description: 'Copies of stored bytes, oldest first: which are damaged, and which files and packages need them.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: StorageLocationFilter, description: 'Which ones.' }), ...paging },
    resolve: (_root, { filter, ...page }, context) => locations.page(context.sql, filter ?? {}, page),
  }),
);
builder.queryField('scrubRuns', (t) =>
  t.field({
    type: ScrubRunConnection,
    nullable: true,
    description: 'Runs of the scrubber, newest first.',
    requiresScopes: READ,
    args: { backend: t.arg.string({ description: 'Over this storage.' }), ...paging },
    resolve: (_root, { backend, ...page }, context) => scrubs.page(context.sql, backend ?? null, page),
  }),
);
builder.queryField('scrubRun', (t) =>
  t.field({
    type: ScrubRun,
    nullable: true,
    description: 'One run of the scrubber; null when there is none.',
    requiresScopes: READ,
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, context) => (isUuid(id) ? context.loaders.load('ScrubRun.id', id.toLowerCase(), (ids) => scrubs.byIds(context.sql, ids)) : null),
  }),
);

addMutation(builder, {
  verb: 'startScrub',
  description: 'Reads the bytes of one storage again and compares them with their digests, in the background and at the rate that is set; what is lost or changed is marked, told by `scrub.failed`, and repaired from another storage that has a good copy. A run that was cut off goes on. Refused with Duplicate while one is under way.',
  scopes: [['retention:manage']],
  input: builder.inputRef<StartScrubInput>('StartScrubInput').implement({
    description: 'What to read.',
    fields: (t) => ({
      backend: t.string({ description: 'Name of the storage, `local` or `s3`; the one that takes uploads when left out.' }),
      all: t.boolean({ defaultValue: false, description: 'Everything, and not only what is damaged, was never read, or not for long.' }),
      ...changeFields(t),
    }),
  }),
  payload: { scrubRun: ScrubRun },
  run: (input, verb, context) => context.scrubber.start(context.caller, verb, input),
});
