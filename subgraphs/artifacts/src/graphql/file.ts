import { argsName } from '@hubgraph/kit/graphql/loaders';
import type * as model from '../model.ts';
import { files, locations } from '../store/index.ts';
import type { FileFilter } from '../store/file.ts';
import { stagedOf } from '../transfer/completion.ts';
import { MANIFEST_PATH } from '../transfer/download.ts';
import { builder, FileStatus, paging, type ArtifactsContext } from './builder.ts';
import { ArtifactFileConnection } from './connections.ts';
import { packageById } from './package.ts';
import { ArtifactFile, ArtifactPackage, StorageLocation } from './refs.ts';

/** Loads files by id, batched. */
export const fileById = (context: ArtifactsContext, id: string) => context.loaders.load('ArtifactFile.id', id, (ids) => files.byIds(context.sql, ids));

/** Bytes of a file that are safe; where an upload goes on. */
export async function uploadedBytes(file: model.ArtifactFile, { sql, backends }: ArtifactsContext): Promise<number> {
  return file.status === 'COMPLETE' ? Number(file.size) : backends[0]!.received(stagedOf(sql, file));
}

/** The file as it is while it is pending has no digests yet, whatever an interrupted completion left. */
const known = (file: model.ArtifactFile, digest: 'sha256' | 'blake3') => (file.status === 'COMPLETE' ? file[digest] : null);

ArtifactFile.implement({
  description: 'One file of a package. It exists from its announcement on; its bytes come and go by signed URLs.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    path: t.exposeString('path', { description: 'Its logical path in the package: relative, with /.' }),
    size: t.field({ type: 'SafeInt', description: 'Size in bytes.', resolve: (file) => Number(file.size) }),
    mediaType: t.exposeString('mediaType', { description: 'Media type, as announced or as its name tells; the bytes were not looked at.' }),
    status: t.field({ type: FileStatus, description: 'Whether all its bytes are here.', resolve: (file) => file.status }),
    sha256: t.field({ type: 'Sha256', nullable: true, description: 'SHA-256 digest as the hub computed it; null until the file is complete.', resolve: (file) => known(file, 'sha256') }),
    blake3: t.field({ type: 'Blake3', nullable: true, description: 'BLAKE3 digest as the hub computed it; null until the file is complete.', resolve: (file) => known(file, 'blake3') }),
    uploadedBytes: t.field({ type: 'SafeInt', description: 'Bytes that have arrived and are safe; an interrupted upload goes on behind them.', resolve: (file, _args, context) => uploadedBytes(file, context) }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was announced.' }),
    completedAt: t.expose('completedAt', { type: 'DateTime', nullable: true, description: 'When its last byte was stored.' }),
    package: t.field({ type: ArtifactPackage, nullable: true, description: 'The package that it belongs to.', resolve: (file, _args, context) => packageById(context, file.packageId) }),
    downloadUrl: t.string({
      nullable: true,
      description: 'Signed URL that its bytes can be downloaded by for a while, by whoever has it; knows range requests. Null unless it is complete and its package not deleted.',
      resolve: async (file, _args, context) => (file.status === 'COMPLETE' && (await packageById(context, file.packageId))?.status !== 'DELETED' ? (await context.urls.sign({ may: 'download', file: file.id })).url : null),
    }),
    locations: t.field({
      type: [StorageLocation],
      description: 'Where its bytes are stored, or were.',
      resolve: async (file, _args, context) => (file.status === 'COMPLETE' ? await context.loaders.load('Blob.locations', file.blake3!, (digests) => locations.ofBlobs(context.sql, digests)) : null) ?? [],
    }),
  }),
});

const ArtifactFileFilter = builder.inputRef<FileFilter>('ArtifactFileFilter').implement({
  description: 'Narrows the files of a package; what is given is combined by AND.',
  fields: (t) => ({
    pathPrefix: t.string({ description: 'Whose path begins with this, such as `reports/`.' }),
    status: t.field({ type: FileStatus, description: 'In this state.' }),
  }),
});

builder.objectFields(ArtifactPackage, (t) => ({
  files: t.field({
    type: ArtifactFileConnection,
    description: 'Its files by path, in the order of the manifest.',
    args: { filter: t.arg({ type: ArtifactFileFilter, description: 'Which ones.' }), ...paging },
    resolve: async (of, { filter, ...page }, context) => (await context.loaders.load(argsName('ArtifactPackage.files', { filter, ...page }), of.id, (ids) => files.pagesOf(context.sql, ids, filter ?? {}, page)))!,
  }),
  downloadUrl: t.string({
    nullable: true,
    description: 'Signed URL that ends in a slash: append the percent-encoded path of any complete file to download it, for a while. Null when the package is deleted.',
    resolve: async (of, _args, context) => (of.status === 'DELETED' ? null : (await context.urls.sign({ may: 'read-package', package: of.id })).url),
  }),
  manifestUrl: t.string({
    nullable: true,
    description: 'Signed URL of its canonical manifest (CBOR), for a while; stays when the package is deleted. Null when it never was finalized.',
    resolve: async (of, _args, context) => (of.manifestDigest === null ? null : `${(await context.urls.sign({ may: 'read-package', package: of.id })).url}${MANIFEST_PATH}`),
  }),
}));
