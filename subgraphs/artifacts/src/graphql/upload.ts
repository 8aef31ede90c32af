import { addMutation, changeFields } from '@hubgraph/kit/graphql/mutation';
import { removeFile, requestUpload, MOST_ANNOUNCED, type RemoveFileInput, type RequestUploadInput, type Upload as Announced, type UploadFileInput, type UploadNotice as Notice } from '../commands/upload.ts';
import { completeStaged, type CompleteUploadInput } from '../transfer/complete-upload.ts';
import { stagedOf } from '../transfer/completion.ts';
import { builder, type ArtifactsContext } from './builder.ts';
import { uploadedBytes } from './file.ts';
import { ArtifactFile, ArtifactPackage } from './refs.ts';

/** Where and how the bytes of one file go. */
interface Target {
  readonly url: string;
  readonly method: 'PUT' | 'PATCH';
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly expiresAt: Date;
  readonly direct: boolean;
}

/** To the storage itself when it can and is told to, else to the hub. */
async function targetOf({ file, wanted }: Announced, context: ArtifactsContext): Promise<Target | null> {
  if (!wanted) return null;
  const [backend] = context.backends;
  const { url, expiresAt } = await context.urls.sign({ may: 'upload', file: file.id });
  const seconds = Math.floor((expiresAt.getTime() - context.now().getTime()) / 1_000);
  const direct = await backend?.presign?.(stagedOf(context.sql, file), seconds);
  if (direct == null) return { url, method: 'PUT', headers: [], expiresAt, direct: false };
  return { url: direct.url, method: direct.method, headers: Object.entries(direct.headers).map(([name, value]) => ({ name, value })), expiresAt, direct: true };
}
const targets = new WeakMap<Announced, Promise<Target | null>>();
/** Signed once for all fields of an upload. */
function target(upload: Announced, context: ArtifactsContext): Promise<Target | null> {
  const made = targets.get(upload) ?? targetOf(upload, context);
  targets.set(upload, made);
  return made;
}

const Header = builder.objectRef<Target['headers'][number]>('UploadHeader').implement({
  description: 'A header that a request must carry.',
  fields: (t) => ({ name: t.exposeString('name', { description: 'Its name.' }), value: t.exposeString('value', { description: 'Its value.' }) }),
});
const UploadMethod = builder.enumType('UploadMethod', { description: 'HTTP method of an upload.', values: { PUT: { description: 'The whole file in one request.' } } });
const Upload = builder.objectRef<Announced>('Upload').implement({
  description: 'An announced file, and how its bytes come.',
  fields: (t) => ({
    file: t.field({ type: ArtifactFile, description: 'The file.', resolve: (upload) => upload.file }),
    url: t.string({ nullable: true, description: 'Signed URL to send the bytes to, by whoever has it: a whole file by PUT; in parts, or to go on behind `offset`, by PATCH as tus 1.0 has it, unless `direct`. Null when nothing is to be sent: the file is complete, or this was a dry run.', resolve: async (upload, _args, context) => (await target(upload, context))?.url ?? null }),
    method: t.field({ type: UploadMethod, nullable: true, description: 'How a whole file is sent.', resolve: async (upload, _args, context) => ((await target(upload, context)) === null ? null : 'PUT') }),
    headers: t.field({ type: [Header], description: 'Headers that the request must carry besides those of HTTP itself.', resolve: async (upload, _args, context) => [...((await target(upload, context))?.headers ?? [])] }),
    direct: t.boolean({ description: 'Whether the bytes go to the storage and not to the hub: then only a whole file by PUT, and call `completeUpload` afterwards.', resolve: async (upload, _args, context) => (await target(upload, context))?.direct ?? false }),
    expiresAt: t.field({ type: 'DateTime', nullable: true, description: 'Until when a request may begin.', resolve: async (upload, _args, context) => (await target(upload, context))?.expiresAt ?? null }),
    offset: t.field({ type: 'SafeInt', description: 'Bytes that are here already.', resolve: (upload, _args, context) => (upload.wanted || upload.file.status === 'COMPLETE' ? uploadedBytes(upload.file, context) : 0) }),
  }),
});
const UploadNotice = builder.objectRef<Notice>('UploadNotice').implement({
  description: 'Something about a path that is worth knowing and no reason to refuse it.',
  fields: (t) => ({ path: t.exposeString('path', { description: 'The path.' }), message: t.exposeString('message', { description: 'What there is to know.' }) }),
});

addMutation(builder, {
  verb: 'requestUpload',
  description: 'Announces files of a package and answers where to send their bytes. A pending file announced again with the same facts is the same file, and a complete one claimed by its digests too: so a broken ingest is announced again as a whole and goes on. Refuses, naming every one, paths that are not portable, are there already (unless `replace`) or are file and folder at once. The package becomes UPLOADING; what claims a digest is compared when its last byte has arrived.',
  scopes: [['artifacts:write']],
  input: builder.inputRef<RequestUploadInput>('RequestUploadInput').implement({
    description: 'Files and their package.',
    fields: (t) => ({
      packageId: t.id({ required: true, description: 'Id of the package.' }),
      files: t.field({
        type: [
          builder.inputRef<UploadFileInput>('UploadFileInput').implement({
            description: 'A file as its producer knows it.',
            fields: (f) => ({
              path: f.string({ required: true, description: 'Logical path: relative, normalised, NFC, with /, at most 1,024 bytes.' }),
              size: f.field({ type: 'SafeInt', required: true, description: 'Size in bytes.' }),
              sha256: f.field({ type: 'Sha256', description: 'SHA-256 that it must have.' }),
              blake3: f.field({ type: 'Blake3', description: 'BLAKE3 that it must have.' }),
              mediaType: f.string({ description: 'Media type; what its name tells when left out.' }),
              replace: f.boolean({ defaultValue: false, description: 'Put it in the place of another file at this path.' }),
            }),
          }),
        ],
        required: true,
        description: `1 to ${MOST_ANNOUNCED} files.`,
      }),
      ...changeFields(t),
    }),
  }),
  payload: { package: ArtifactPackage, uploads: [Upload], notices: [UploadNotice] },
  run: (input: RequestUploadInput, verb, context) => context.changes.run(context.caller, verb, (work) => requestUpload(work, input, context.limits)),
});

addMutation(builder, {
  verb: 'removeFile',
  description: 'Takes files out of a package that is not finalized, whether their bytes have arrived or not.',
  scopes: [['artifacts:write']],
  input: builder.inputRef<RemoveFileInput>('RemoveFileInput').implement({
    description: 'Files and their package.',
    fields: (t) => ({
      packageId: t.id({ required: true, description: 'Id of the package.' }),
      paths: t.stringList({ required: true, description: `Paths of 1 to ${MOST_ANNOUNCED} files.` }),
      ...changeFields(t),
    }),
  }),
  payload: { package: ArtifactPackage },
  run: (input: RemoveFileInput, verb, context) => context.changes.run(context.caller, verb, (work) => removeFile(work, input)),
});

addMutation(builder, {
  verb: 'completeUpload',
  description: 'Says that all bytes of a file went directly to the storage: the hub reads them back, compares size and digests, and completes the file. Not needed for uploads to the hub. Safe to call again.',
  scopes: [['artifacts:write']],
  input: builder.inputRef<CompleteUploadInput>('CompleteUploadInput').implement({
    description: 'Which file.',
    fields: (t) => {
      const { expectedVersion: _none, ...fields } = changeFields(t);
      return { fileId: t.id({ required: true, description: 'Id of the file.' }), ...fields };
    },
  }),
  payload: { file: ArtifactFile },
  run: (input: CompleteUploadInput, verb, context) => completeStaged(context, verb, input),
});
