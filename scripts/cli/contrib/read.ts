import { basename, dirname } from 'node:path';
import { KINDS, type ContributionFile, type Problem } from '@hubgraph/contributions/contrib/model';
import { looksLikeContribution, parseContribution } from '@hubgraph/contributions/contrib/parse';
import { fileLimits, tooLarge } from '@hubgraph/kit/front-matter/source';
import { findMarkdown, type MarkdownFile } from '../markdown-files.ts';

/** One file of a run: read, or refused with every reason. */
export interface ReadFile {
  /** Place in the run, from 0. */
  readonly index: number;
  readonly file: MarkdownFile;
  readonly contribution?: ContributionFile;
  readonly problems: readonly Problem[];
}

/** Parses one file. */
export function parseFile(file: MarkdownFile): Pick<ReadFile, 'contribution' | 'problems'> {
  if (file.size > fileLimits.fileBytes) return { problems: [tooLarge(file.shown, file.size)] };
  const parsed = parseContribution({ path: file.shown, bytes: file.bytes });
  return 'contribution' in parsed ? { contribution: parsed.contribution, problems: [] } : { problems: parsed.problems };
}

/** Finds and reads the files of a run, one at a time. A slug that an earlier file of the run has is refused. */
export async function* readContributions(paths: readonly string[], ignored: (path: string) => void = () => undefined): AsyncGenerator<ReadFile> {
  const files = new Map<string, string>();
  let index = 0;
  for await (const found of findMarkdown(paths, isContribution)) {
    if ('ignored' in found) {
      ignored(found.ignored);
      continue;
    }
    const { file } = found;
    const { contribution, problems } = parseFile(file);
    const slug = contribution?.slug;
    const other = slug === undefined ? undefined : files.get(slug);
    if (slug !== undefined && other === undefined) files.set(slug, file.shown);
    yield other === undefined ? { index, file, contribution, problems } : { index, file, problems: [{ file: file.shown, line: 1, reason: `${other} is already the contribution ${slug}.` }] };
    index += 1;
  }
}

/** In a folder of one of the kinds everything but a README is a contribution, even a broken one; elsewhere what says so. */
function isContribution(path: string, text: string): boolean {
  const inFolder = KINDS.some((kind) => kind.folder === basename(dirname(path)));
  return inFolder ? !/^(readme|template)/i.test(basename(path)) : looksLikeContribution(text);
}
