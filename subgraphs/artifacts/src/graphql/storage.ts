import type { StorageBackend as Backend } from '../storage/backend.ts';
import { healthOf } from '../storage/health.ts';
import { usageOf } from '../store/backend-usage.ts';
import { builder, READ, type ArtifactsContext } from './builder.ts';

interface StorageBackendRow {
  readonly backend: Backend;
  readonly primary: boolean;
}

const usageIn = (context: ArtifactsContext, { backend }: StorageBackendRow) => context.loaders.load('StorageBackend.usage', backend.name, (names) => usageOf(context.sql, names));

const StorageBackend = builder.objectRef<StorageBackendRow>('StorageBackend').implement({
  description: 'A place where bytes are stored, and whether it works.',
  fields: (t) => ({
    name: t.string({ description: '`local` or `s3`; `StorageLocation.backend` names it.', resolve: ({ backend }) => backend.name }),
    primary: t.exposeBoolean('primary', { description: 'Whether uploads go here; the others get copies.' }),
    ready: t.boolean({ nullable: true, description: 'Whether it answered and could be written to, at most a few seconds ago.', resolve: async ({ backend }) => (await healthOf(backend)).ready }),
    reason: t.string({ nullable: true, description: 'Why it is not ready, in one clause.', resolve: async ({ backend }) => (await healthOf(backend)).reason ?? null }),
    freeBytes: t.field({ type: 'SafeInt', nullable: true, description: 'Bytes that are free, where the storage can tell; null for S3.', resolve: async ({ backend }) => (await healthOf(backend)).freeBytes ?? null }),
    objects: t.int({ nullable: true, description: 'Objects that lie here, damaged ones too; what several files share is one object.', resolve: async (row, _args, context) => (await usageIn(context, row))?.objects ?? 0 }),
    bytes: t.field({ type: 'SafeInt', nullable: true, description: 'Bytes of these objects.', resolve: async (row, _args, context) => Number((await usageIn(context, row))?.bytes ?? 0) }),
    damaged: t.int({ nullable: true, description: 'Of these objects, those that a scrub found lost or changed and that are not repaired.', resolve: async (row, _args, context) => (await usageIn(context, row))?.damaged ?? 0 }),
  }),
});

builder.queryField('storageBackends', (t) =>
  t.field({
    type: [StorageBackend],
    nullable: true,
    description: 'The storages of this hub: the one that takes uploads first, then those that get copies.',
    requiresScopes: READ,
    resolve: (_root, _args, context) => context.backends.map((backend, index) => ({ backend, primary: index === 0 })),
  }),
);
