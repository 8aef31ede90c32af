import { looksLikeWorkplan } from '@hubgraph/governance/workplan/parse';
import { findMarkdown, type Found, type MarkdownFile } from '../markdown-files.ts';

/** A file on this machine that is, or should be, a workplan. */
export type WorkplanFile = MarkdownFile;

/** Finds workplans: files that are named, and those below a folder whose front matter says so. */
export function findWorkplans(paths: readonly string[]): AsyncGenerator<Found> {
  return findMarkdown(paths, (_path, text) => looksLikeWorkplan(text));
}
