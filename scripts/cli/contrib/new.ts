import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { kindOf, KINDS } from '@hubgraph/contributions/contrib/model';
import { parseContribution } from '@hubgraph/contributions/contrib/parse';
import { templateOf, templatePath, type Known } from '@hubgraph/contributions/contrib/template';
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../../exit-codes.ts';
import { shownPath } from '../markdown-files.ts';

/** What `contrib new` is told. */
export interface NewContribution extends Known {
  /** `BR`, `bug-report` and so on. */
  readonly type: string;
  /** Folder `contrib/`. */
  readonly folder: string;
}

/**
 * Writes the file of a new contribution and answers its path. The file is valid as it is.
 *
 * @throws UsageError (2) for an unknown type or a wrong field; (1) when the file is there already, which stays as it is.
 */
export async function writeNew({ type, folder, ...known }: NewContribution): Promise<string> {
  const kind = kindOf(type);
  if (kind === undefined) throw new UsageError(`There is no type ${type}; there are ${KINDS.map((one) => `${one.type} (${one.word})`).join(', ')}.`);
  const path = join(folder, templatePath(kind, known));
  const text = templateOf(kind, known);
  const parsed = parseContribution({ path, bytes: Buffer.from(text) });
  if ('problems' in parsed) throw new UsageError(parsed.problems.map(({ reason }) => reason).join(' '));
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(code === 'EEXIST' ? `${shownPath(path)} is there already, and was left as it is.` : `${shownPath(path)} cannot be written (${code}).`, exitCodes.no.code, { cause: error });
  }
  return shownPath(path);
}
