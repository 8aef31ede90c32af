import { lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '@hubgraph/kit/errors';
import { fileLimits } from '@hubgraph/kit/front-matter/source';

/** A Markdown file on this machine. */
export interface MarkdownFile {
  /** Absolute. */
  readonly path: string;
  /** As messages name it: relative to the working folder where that is shorter. */
  readonly shown: string;
  /** As the graph names it: relative to the repository that holds it, else to the folder that was asked for; with `/`. */
  readonly sourcePath: string;
  /** Size on disk. */
  readonly size: number;
  /** Its bytes; of a file over the limit only so many that the parser refuses it. */
  readonly bytes: Uint8Array;
}

/** What a walk finds: a file that is wanted, or the path of a Markdown file that is not. */
export type Found = { readonly file: MarkdownFile } | { readonly ignored: string };

/** Tells by its path and the text of its beginning whether a file that was found in a folder is wanted. */
export type Wanted = (path: string, text: string) => boolean;

/**
 * Finds Markdown files, in a stable order, one at a time: a file that is named is wanted whatever it holds; in a folder (and
 * below it, hidden folders and `node_modules` left out, links not followed) those that `wanted` says. No file comes twice.
 *
 * @throws UsageError (2) for a path that is not there or cannot be read.
 */
export async function* findMarkdown(paths: readonly string[], wanted: Wanted): AsyncGenerator<Found> {
  const seen = new Set<string>();
  for (const path of paths) {
    const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(error.code === 'ENOENT' ? `There is no file or folder ${path}.` : `${path} cannot be read (${error.code}).`);
    });
    if (info.isDirectory()) {
      for await (const file of markdownBelow(resolve(path))) yield* once(seen, file, resolve(path), wanted);
    } else yield* once(seen, resolve(path), dirname(resolve(path)), () => true);
  }
}

async function* once(seen: Set<string>, path: string, asked: string, wanted: Wanted): AsyncGenerator<Found> {
  const real = await realpath(path);
  if (seen.has(real)) return;
  seen.add(real);
  const { size, bytes } = await readStart(path);
  const shown = shownPath(path);
  if (!wanted(path, new TextDecoder().decode(bytes))) yield { ignored: shown };
  else yield { file: { path, shown, sourcePath: relative((await repositoryOf(dirname(path))) ?? asked, path).split(sep).join('/'), size, bytes } };
}

async function* markdownBelow(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${folder} cannot be read (${error.code}).`);
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.') && entry.name !== 'node_modules') yield* markdownBelow(path);
    } else if (entry.isFile() && entry.name.toLowerCase().endsWith('.md')) yield path;
  }
}

async function readStart(path: string): Promise<{ size: number; bytes: Uint8Array }> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, fileLimits.fileBytes + 1));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return { size, bytes: buffer.subarray(0, bytesRead) };
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`, 2, { cause: error });
  }
}

/** A path as messages name it. */
export function shownPath(path: string): string {
  const below = relative(process.cwd(), path);
  return below !== '' && !below.startsWith('..') ? below : path;
}

/** The nearest folder above that is a Git repository. */
export async function repositoryOf(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    if (await lstat(join(at, '.git')).then(() => true, () => false)) return at;
    if (dirname(at) === at) return undefined;
  }
}
