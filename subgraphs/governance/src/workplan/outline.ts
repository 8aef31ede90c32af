import remarkFrontmatter from 'remark-frontmatter';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import type { Code, Heading, Nodes, RootContent } from 'mdast';
import type { Source } from '@hubgraph/kit/front-matter/source';

// Only blocks matter here, and texts are kept as they were written. Reading what stands inside of lines as well would take
// half a minute for a file that was made for it.
const INLINE = ['attention', 'autolink', 'characterEscape', 'characterReference', 'codeText', 'definition', 'hardBreakEscape', 'htmlText', 'labelEnd', 'labelStartImage', 'labelStartLink'];

const markdown = unified().use(remarkParse).use(remarkFrontmatter, ['yaml']).use(function blocksOnly() {
  (this.data().micromarkExtensions ??= []).push({ disable: { null: INLINE } });
}).freeze();

/** Parses the blocks of Markdown; what stands inside of lines stays text. Nothing in a file is ever run or fetched. */
export function parseMarkdown(text: string): RootContent[] {
  return markdown.parse(text).children;
}

/** A stretch of the file, as offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A heading at the margin, with the source text of its title. */
export interface Title extends Span {
  readonly depth: number;
  readonly text: string;
  /** Its place in {@link Outline.nodes}. */
  readonly index: number;
}

/** A fenced block with the word `task` behind the fence. */
export interface TaskBlock extends Span {
  /** The YAML between the fences. */
  readonly yaml: Span;
  readonly index: number;
}

/** What a workplan is made of, in the order of the file. */
export interface Outline {
  readonly nodes: readonly RootContent[];
  readonly frontMatter?: Span;
  readonly titles: readonly Title[];
  readonly blocks: readonly TaskBlock[];
}

/** Reads the structure of a file; an unclosed or nested task block is reported. */
export function outline(source: Source): Outline {
  const nodes = parseMarkdown(source.text);
  const first = nodes[0];
  const titles: Title[] = [];
  const blocks: TaskBlock[] = [];
  for (const [index, node] of nodes.entries()) {
    if (node.type === 'heading') titles.push({ ...span(node), depth: node.depth, text: titleText(source.text, node), index });
    else if (isTask(node)) {
      const yaml = insideFence(source, node);
      if (yaml !== undefined) blocks.push({ ...span(node), yaml, index });
    } else for (const nested of tasksWithin(node)) source.report(span(nested).start, 'A task block must stand at the margin, not inside a list or quote.');
  }
  return { nodes, frontMatter: first?.type === 'yaml' ? insideFrontMatter(source.text, span(first)) : undefined, titles, blocks };
}

/** Where a node stands. The parser positions every node that it makes. */
export function span(node: Nodes): Span {
  return { start: node.position!.start.offset!, end: node.position!.end.offset! };
}

/** The source text of a heading without its marks. */
function titleText(text: string, heading: Heading): string {
  const first = heading.children[0];
  const last = heading.children.at(-1);
  return first === undefined || last === undefined ? '' : tidyLine(text.slice(span(first).start, span(last).end));
}

/** One line: white space collapsed, composed (NFC). */
export function tidyLine(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim();
}

/** Markdown for keeping: LF, composed (NFC), no white space at the ends of lines or of the text. */
export function tidyText(text: string): string {
  return text.replaceAll('\r\n', '\n').normalize('NFC').replace(/[ \t]+$/gm, '').replace(/^\n+|\n+$/g, '').trimEnd();
}

function isTask(node: Nodes): node is Code {
  return node.type === 'code' && node.lang?.toLowerCase() === 'task';
}

function* tasksWithin(node: Nodes): Generator<Code> {
  if (isTask(node)) yield node;
  else if ('children' in node) for (const child of node.children) yield* tasksWithin(child);
}

function insideFence(source: Source, node: Code): Span | undefined {
  const { start, end } = span(node);
  const first = source.text.indexOf('\n', start) + 1;
  const last = source.text.lastIndexOf('\n', end - 1) + 1;
  const fence = /^[ \t]*(`{3,}|~{3,})/.exec(source.text.slice(source.text.lastIndexOf('\n', start) + 1, end))?.[1] ?? '```';
  const closing = source.text.slice(last, end).trim();
  if (first === 0 || first > last || closing.length < fence.length || closing.replaceAll(fence[0]!, '') !== '') {
    source.report(start, 'The task block is never closed; end it with ``` on a line of its own.');
    return undefined;
  }
  return { start: first, end: last };
}

function insideFrontMatter(text: string, { start, end }: Span): Span {
  const first = text.indexOf('\n', start) + 1;
  return { start: first, end: Math.max(first, text.lastIndexOf('\n', end - 1) + 1) };
}
