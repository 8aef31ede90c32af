import { readFile, stat } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { sbomLimits, type ParsedDocument, type SbomProblem } from '@hubgraph/contributions/sbom/model';
import { readSbom } from '@hubgraph/contributions/sbom/read';
import { UsageError } from '@hubgraph/kit/errors';
import { repositoryOf } from '../markdown-files.ts';

/** A lockfile, manifest or document on this machine. */
export interface SbomFile {
  /** As the graph names it: relative to the repository that holds it, else the path as it was given; with `/`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Reads files; @throws UsageError (2) for one that is not there, cannot be read or is too large to be one. */
export function readFiles(paths: readonly string[]): Promise<SbomFile[]> {
  return Promise.all(paths.map(async (path) => {
    const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(error.code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read (${error.code}).`);
    });
    if (!info.isFile()) throw new UsageError(`${path} is no file.`);
    if (info.size > sbomLimits.bytes) throw new UsageError(`${path} has ${info.size} bytes; at most ${sbomLimits.bytes} are read.`);
    const root = await repositoryOf(dirname(resolve(path)));
    return { name: (root === undefined ? path : relative(root, resolve(path))).split(sep).join('/'), bytes: await readFile(path) };
  }));
}

/** Reads files from disk and what they hold; problems say why they are refused, and nothing was sent anywhere. */
export async function readSbomFiles(documents: readonly string[], manifests: readonly string[]): Promise<ParsedDocument | { readonly problems: readonly SbomProblem[] }> {
  const [files, beside] = await Promise.all([readFiles(documents), readFiles(manifests)]);
  return readSbom(files, beside);
}
