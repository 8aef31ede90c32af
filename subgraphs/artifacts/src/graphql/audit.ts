import { argsName } from '@hubgraph/kit/graphql/loaders';
import { auditTrail, type AuditCheckpoint as Checkpoint, type AuditFilter } from '../store/index.ts';
import { builder, paging, READ } from './builder.ts';
import { AuditEventConnection } from './connections.ts';
import { packageById } from './package.ts';
import { ArtifactPackage, AuditEvent } from './refs.ts';

AuditEvent.implement({
  description: 'One link of the audit chain: something that happened. Its hash is the SHA-256 of the canonical CBOR (RFC 8949, 4.2.1) of [sequence, at, actor, action, packageId, data, previous], with `at` as 2026-03-02T09:30:00.000Z.',
  fields: (t) => ({
    sequence: t.field({ type: 'SafeInt', description: 'Counts from 1 without gap.', resolve: (event) => Number(event.sequence) }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    actor: t.exposeString('actor', { description: 'Who.' }),
    action: t.exposeString('action', { description: 'The verb, such as finalizeArtifactPackage.' }),
    packageId: t.exposeID('packageId', { nullable: true, description: 'Id of the package it is about, as it is hashed; null when it is about none.' }),
    artifactPackage: t.field({
      type: ArtifactPackage,
      nullable: true,
      description: 'The package it is about; null when it is about none.',
      resolve: ({ packageId }, _args, context) => (packageId === null ? null : packageById(context, packageId)),
    }),
    data: t.field({ type: 'JSON', description: 'What is worth knowing of it.', resolve: (event) => event.data }),
    previous: t.field({ type: 'Sha256', description: 'Hash of the event before; of the first, 64 zeros.', resolve: (event) => event.previous }),
    hash: t.field({ type: 'Sha256', description: 'Hash of this event, with that of the event before in it.', resolve: (event) => event.hash }),
  }),
});

const AuditEventFilter = builder.inputRef<AuditFilter>('AuditEventFilter').implement({
  description: 'Narrows the audit trail; what is given is combined by AND.',
  fields: (t) => ({
    packageId: t.id({ description: 'About this package.' }),
    actor: t.string({ description: 'By this actor.' }),
    action: t.string({ description: 'Of this verb.' }),
    from: t.field({ type: 'DateTime', description: 'At this moment or later.' }),
    to: t.field({ type: 'DateTime', description: 'Before this moment.' }),
    fromSequence: t.field({ type: 'SafeInt', description: 'With this number or a higher one.' }),
  }),
});
builder.queryField('auditEvents', (t) =>
  t.field({
    type: AuditEventConnection,
    nullable: true,
    description: 'The audit trail, by sequence: `hubgraph artifacts audit --verify` recomputes its hashes.',
    requiresScopes: READ,
    args: { filter: t.arg({ type: AuditEventFilter, description: 'Which ones.' }), ...paging },
    resolve: (_root, { filter, ...page }, context) => auditTrail.page(context.sql, filter ?? {}, page),
  }),
);

const AuditCheckpoint = builder.objectRef<Checkpoint>('AuditCheckpoint').implement({
  description: 'The end of the audit chain. Whoever keeps one elsewhere can later prove that nothing before it was changed or cut off.',
  fields: (t) => ({
    sequence: t.field({ type: 'SafeInt', description: 'Of the last event; 0 when there is none.', resolve: (checkpoint) => Number(checkpoint.sequence) }),
    hash: t.field({ type: 'Sha256', description: 'Its hash; 64 zeros when there is none.', resolve: (checkpoint) => checkpoint.hash }),
    at: t.expose('at', { type: 'DateTime', nullable: true, description: 'When it was; null when there is none.' }),
  }),
});
builder.queryField('auditCheckpoint', (t) =>
  t.field({ type: AuditCheckpoint, nullable: true, description: 'The end of the audit chain now; null when the chain has lost its end.', requiresScopes: READ, resolve: (_root, _args, context) => auditTrail.checkpoint(context.sql) }),
);

builder.objectField(ArtifactPackage, 'auditEvents', (t) =>
  t.field({
    type: AuditEventConnection,
    description: 'What happened to it, by sequence.',
    args: paging,
    resolve: async (of, page, context) => (await context.loaders.load(argsName('ArtifactPackage.auditEvents', page), of.id, (ids) => auditTrail.pagesOf(context.sql, ids, page)))!,
  }),
);
