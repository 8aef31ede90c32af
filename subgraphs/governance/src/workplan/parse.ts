import { createHash } from 'node:crypto';
import { checkText, decode, openSource, tooLarge } from '@hubgraph/kit/front-matter/source';
import type { Source } from '@hubgraph/kit/front-matter/source';
import { readClosureReview } from './closure-review.ts';
import { readHeader } from './header.ts';
import type { Header } from './header.ts';
import { limits } from './model.ts';
import type { Problem, Workplan, WorkplanTask } from './model.ts';
import { outline, tidyText } from './outline.ts';
import type { Outline } from './outline.ts';
import { headingOfWorkplan, summaryOf } from './sections.ts';
import { readTasks } from './tasks.ts';

/** Either the workplan, or every reason why there is none. */
export type Parsed = { readonly workplan: Workplan } | { readonly problems: readonly [Problem, ...Problem[]] };

/**
 * Reads one workplan file. Pure: it opens nothing, runs nothing and never throws for what stands in the file.
 * Bytes must be UTF-8; the result is independent of line ends, byte order mark and Unicode composition.
 */
export function parseWorkplan(file: { readonly path: string; readonly text: string | Uint8Array }): Parsed {
  const bytes = typeof file.text === 'string' ? Buffer.from(file.text) : file.text;
  if (bytes.byteLength > limits.fileBytes) return { problems: [tooLarge(file.path, bytes.byteLength)] };
  const decoded = typeof file.text === 'string' ? { text: file.text } : decode(file.path, file.text);
  if ('problem' in decoded) return { problems: [decoded.problem] };

  const source = openSource(file.path, decoded.text);
  const workplan = read(source, createHash('sha256').update(bytes).digest('hex'));
  const problems = source.problems.toSorted((a, b) => a.line - b.line || (a.column ?? 0) - (b.column ?? 0));
  const [first, ...others] = problems;
  if (first !== undefined) return { problems: [first, ...others] };
  if (workplan === undefined) throw new Error(`nothing was read from ${file.path}, and no reason given`);
  return { workplan };
}

/**
 * Whether a text means to be a workplan: `type: workplan` stands in its front matter, even one that is broken otherwise.
 * For choosing files in a folder; a file that somebody names is parsed anyway.
 */
export function looksLikeWorkplan(text: string): boolean {
  const lines = text.slice(0, limits.fileBytes).replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines[0]?.trimEnd() !== '---') return false;
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === '---');
  return lines.slice(1, end === -1 ? 200 : end).some((line) => /^\s*["']?type["']?\s*:\s*["']?workplan\b/.test(line));
}

function read(source: Source, sha256: string): Workplan | undefined {
  checkText(source);
  if (source.problems.length > 0) return undefined;
  const parts = outline(source);
  const header = readHeader(source, parts.frontMatter);
  if (header === undefined) return undefined;
  const { items, ...facts } = header;
  const tasks = readTasks(source, parts, { code: header.code, items });
  const title = facts.title ?? headingOfWorkplan(parts, header.code);
  if (title === undefined) source.report(0, 'The title is missing; write `title:` in the front matter or a first heading.');
  else if (title.length > limits.title) source.report(0, `The title has ${title.length} characters; at most ${limits.title} are kept.`);
  return finish(source, parts, { sha256, facts, title, tasks });
}

function finish(source: Source, parts: Outline, read: { sha256: string; facts: Omit<Header, 'items'>; title?: string; tasks: readonly WorkplanTask[] }): Workplan | undefined {
  const { code, domain, status, ...facts } = read.facts;
  const closureReview = readClosureReview(source, parts, { code, titles: new Map(read.tasks.map((task) => [task.code, task.title])) });
  if (code === undefined || domain === undefined || status === undefined || read.title === undefined) return undefined;
  return { ...facts, path: source.path, sha256: read.sha256, code, domain, status, title: read.title, summary: tidyText(summaryOf(source, parts)), tasks: read.tasks, closureReview };
}
