import { invalidField, notFound, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { checkVersion } from '@hubgraph/kit/entity';
import { isUuid } from '@hubgraph/kit/ids';
import { mediaTypeOf } from '../content/media-type.ts';
import { pathProblem } from '../content/path.ts';
import type { ArtifactFile, ArtifactPackage } from '../model.ts';
import { files, packages } from '../store/index.ts';
import type { Neighbour, NewFile } from '../store/file.ts';
import { audit } from './audit.ts';
import { factsOf, recordPackage, type Work } from './common.ts';
import { decide } from './package.ts';

/** Most files of one call. */
export const MOST_ANNOUNCED = 1_000;

/** A file to be uploaded, as its producer knows it. */
export interface UploadFileInput {
  readonly path: string;
  readonly size: number;
  /** 64 hex digits. */
  readonly sha256?: string | null;
  /** `blake3:<hex>` */
  readonly blake3?: string | null;
  readonly mediaType?: string | null;
  readonly replace?: boolean | null;
}

export interface RequestUploadInput {
  readonly packageId: string;
  readonly files: readonly UploadFileInput[];
  readonly expectedVersion?: number | null;
  readonly dryRun?: boolean | null;
}

/** An announced file. */
export interface Upload {
  readonly file: ArtifactFile;
  /** Whether its bytes are still to come; not in a dry run, whose files are not there. */
  readonly wanted: boolean;
}

/** Something about a path that is worth knowing and no reason to refuse it. */
export interface UploadNotice {
  readonly path: string;
  readonly message: string;
}

export interface RequestedUpload {
  readonly package: ArtifactPackage;
  /** In the order of the call. */
  readonly uploads: readonly Upload[];
  readonly notices: readonly UploadNotice[];
}

/** Most of a package and of a file. */
export interface UploadLimits {
  readonly files: number;
  readonly fileBytes: number;
}

/**
 * Announces files, so that their bytes may come. A pending file that is announced again as it was is the same file, and goes on
 * where it stands; so is a complete one that is claimed by its digests. What is there otherwise is replaced only on request.
 */
export async function requestUpload(work: Work, input: RequestUploadInput, limits: UploadLimits): Promise<RequestedUpload | Refused> {
  const before = await openPackage(work, input);
  if (before instanceof Refused) return before;
  const decided = decide(work, 'requestUpload', before, await factsOf(work.tx, before, work.now));
  if (decided instanceof Refused) return decided;
  const wrong = inputProblems(input.files, limits);
  if (wrong.length > 0) return new Refused(wrong);

  const paths = input.files.map((file) => file.path);
  const place = new Map(paths.map((path, index) => [path, index]));
  const there = await files.atPaths(work.tx, before.id, paths);
  const neighbours = (await files.neighbours(work.tx, before.id, paths)).toSorted((one, two) => place.get(one.asked)! - place.get(two.asked)!);
  const fresh = input.files.filter((file) => !isSame(file, there.get(file.path)));
  const replaced = fresh.flatMap((file) => there.get(file.path) ?? []);
  const count = before.fileCount + fresh.length - replaced.length;
  const bytes = before.byteCount + sum(fresh.map(({ size }) => ({ size: BigInt(size) }))) - sum(replaced);
  const refused = [
    ...fresh.flatMap((file) => takenProblems(file, place.get(file.path)!, there.get(file.path))),
    ...neighbours.flatMap((neighbour) => blockedProblems(neighbour, place.get(neighbour.asked)!)),
    ...(count > limits.files ? [invalidField(['files'], `The package would have ${count} files; it may have ${limits.files}.`)] : []),
    ...(bytes > Number.MAX_SAFE_INTEGER ? [invalidField(['files'], `The package would have ${bytes} bytes; it may have ${Number.MAX_SAFE_INTEGER}.`)] : []),
  ];
  if (refused.length > 0) return new Refused(refused);

  if (replaced.length > 0) await files.remove(work.tx, replaced.map(({ id }) => id));
  const inserted = fresh.length === 0 ? [] : await files.insert(work.tx, before.id, fresh.map(columnsOf), work.now);
  const announced = new Map([...there.values(), ...inserted].map((file) => [file.path, file]));
  const after = fresh.length === 0 ? before : await packages.save(work.tx, before, { status: decided.to, fileCount: count, byteCount: bytes, progressAt: work.now }, work.now);
  if (fresh.length > 0) {
    if (decided.from !== decided.to) work.note({ noun: 'ArtifactPackage', entityId: after.id, verb: 'requestUpload', from: decided.from, to: decided.to });
    recordPackage(work, 'package.uploading', after, decided.from);
    await audit(work, { action: 'requestUpload', packageId: after.id, data: { files: fresh.length, bytes: Number(sum(inserted)), replaced: replaced.map(({ path }) => path) } });
  }
  const uploads = paths.map((path) => announced.get(path)!).map((file) => ({ file, wanted: file.status === 'PENDING' && !input.dryRun }));
  return { package: after, uploads, notices: [...twins(paths), ...neighbours.filter(({ kind }) => kind === 'CASE').map(({ asked, path }) => alike(asked, path))] };
}

export interface RemoveFileInput {
  readonly packageId: string;
  readonly paths: readonly string[];
  readonly expectedVersion?: number | null;
}

/** Takes files out of a package that is not finalized, whether their bytes came or not. */
export async function removeFile(work: Work, input: RemoveFileInput): Promise<{ package: ArtifactPackage } | Refused> {
  const before = await openPackage(work, input);
  if (before instanceof Refused) return before;
  // whoever may add files may take them out, and in the same states
  const decided = decide(work, 'requestUpload', before, await factsOf(work.tx, before, work.now));
  if (decided instanceof Refused) return decided;
  const paths = [...new Set(input.paths)];
  if (paths.length === 0 || paths.length > MOST_ANNOUNCED) return new Refused([invalidField(['paths'], `Name 1 to ${MOST_ANNOUNCED} files.`)]);
  const there = await files.atPaths(work.tx, before.id, paths);
  const unknown = paths.filter((path) => !there.has(path));
  if (unknown.length > 0) return new Refused(unknown.flatMap((path) => notFound('file', JSON.stringify(path), ['paths', String(input.paths.indexOf(path))]).errors));
  const removed = [...there.values()];
  await files.remove(work.tx, removed.map(({ id }) => id));
  const after = await packages.save(work.tx, before, { fileCount: before.fileCount - removed.length, byteCount: before.byteCount - sum(removed), progressAt: work.now }, work.now);
  recordPackage(work, 'package.updated', after, before.status);
  await audit(work, { action: 'removeFile', packageId: after.id, data: { paths: paths.toSorted() } });
  return { package: after };
}

async function openPackage(work: Work, input: { readonly packageId: string; readonly expectedVersion?: number | null }): Promise<ArtifactPackage | Refused> {
  const found = isUuid(input.packageId) ? await packages.lockById(work.tx, input.packageId) : null;
  return found === null ? notFound('artifact package', input.packageId, ['packageId']) : (checkVersion(found, input.expectedVersion) ?? found);
}

const sum = (of: readonly { readonly size: bigint }[]): bigint => of.reduce((total, { size }) => total + size, 0n);
const columnsOf = (file: UploadFileInput): NewFile => ({ path: file.path, size: BigInt(file.size), mediaType: file.mediaType ?? mediaTypeOf(file.path), claimedSha256: file.sha256 ?? null, claimedBlake3: file.blake3 ?? null });

/** Whether a file that is there is the one that is announced. */
function isSame(announced: UploadFileInput, there: ArtifactFile | undefined): boolean {
  if (there === undefined || there.size !== BigInt(announced.size) || (announced.mediaType != null && announced.mediaType !== there.mediaType)) return false;
  const { sha256 = null, blake3 = null } = announced;
  if (there.status === 'PENDING') return sha256 === there.claimedSha256 && blake3 === there.claimedBlake3;
  return (sha256 !== null || blake3 !== null) && (sha256 ?? there.sha256) === there.sha256 && (blake3 ?? there.blake3) === there.blake3;
}

/** A media type and its parameters, as RFC 9110 writes them. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?: ?; ?[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[\w !#$&^.+/:,;=-]*"))*$/;
const MAX_MEDIA_TYPE = 200;

function inputProblems(announced: readonly UploadFileInput[], limits: UploadLimits): MutationErrorData[] {
  if (announced.length === 0 || announced.length > MOST_ANNOUNCED) return [invalidField(['files'], `A call announces 1 to ${MOST_ANNOUNCED} files.`)];
  const seen = new Set<string>();
  const folders = new Set(announced.flatMap(({ path }) => foldersOf(path)));
  return announced.flatMap(({ path, size, mediaType }, index) => {
    const at = (field: string) => ['files', String(index), field];
    const problem = pathProblem(path) ?? (seen.has(path) ? 'it is announced twice in this call' : folders.has(path) ? 'it is a folder of another file of this call' : null);
    seen.add(path);
    return [
      ...(problem === null ? [] : [invalidField(at('path'), `${JSON.stringify(path.slice(0, 200))} is no path of a file here: ${problem}.`)]),
      ...(size >= 0 && size <= limits.fileBytes ? [] : [invalidField(at('size'), `A file has 0 to ${limits.fileBytes} bytes.`)]),
      ...(mediaType == null || (mediaType.length <= MAX_MEDIA_TYPE && MEDIA_TYPE.test(mediaType)) ? [] : [invalidField(at('mediaType'), 'A media type is written like text/plain or text/plain; charset=utf-8.')]),
    ];
  });
}

function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.indexOf('/'); at > 0 && folders.length < 1_000; at = path.indexOf('/', at + 1)) folders.push(path.slice(0, at));
  return folders;
}

function takenProblems(file: UploadFileInput, index: number, there: ArtifactFile | undefined): MutationErrorData[] {
  if (there === undefined || file.replace) return [];
  return [{ type: 'Duplicate', code: 'DUPLICATE', message: `The package has a file ${file.path} already, ${there.status === 'COMPLETE' ? 'complete' : 'announced otherwise'}; say \`replace\` to put another in its place.`, path: ['input', 'files', String(index), 'path'], existingId: there.id }];
}

function blockedProblems({ kind, asked, path }: Neighbour, index: number): MutationErrorData[] {
  if (kind === 'CASE') return [];
  return [invalidField(['files', String(index), 'path'], kind === 'FOLDER' ? `${path} is a file of the package, so ${asked} cannot lie below it.` : `${asked} is a folder of the package: ${path} lies below it.`)];
}

const alike = (path: string, other: string): UploadNotice => ({ path, message: `${path} and ${other} differ in case only: some systems cannot hold both in one folder.` });

/** Paths of one call that differ in case only. */
function twins(paths: readonly string[]): UploadNotice[] {
  const groups = Map.groupBy(paths, (path) => path.toLowerCase());
  return [...groups.values()].flatMap(([first, ...others]) => others.map((other) => alike(other, first!)));
}
