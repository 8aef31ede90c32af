import type { RootContent } from 'mdast';
import type { Source } from '@hubgraph/kit/front-matter/source';
import type { AcceptancePoint } from '../model.ts';
import { span, tidyLine, tidyText } from './outline.ts';
import type { Outline, Title } from './outline.ts';

/** Text that belongs to something: nodes of the outline from `from` up to, not with, `to`. */
export interface Section {
  readonly from: number;
  readonly to: number;
}

/** `Closure Review — 2026-03-02`; the group is what should be the day. */
export const CLOSURE_HEADING = /^closure review\b[\s—–:-]*(.*)$/i;

/** The first heading without a leading code (`CUST-WP-0040: `). */
export function headingOfWorkplan(parts: Outline, code: string | undefined): string | undefined {
  const text = parts.titles[0]?.text;
  if (text === undefined || text === '') return undefined;
  return (code !== undefined && text.startsWith(code) ? afterCode(text, code.length) : text) || undefined;
}

/** What follows a code in a heading, without the dash or colon between. */
export function afterCode(text: string, length: number): string {
  return text.slice(length).replace(/^\s*[—–:-]?\s*/, '');
}

/** The section Summary, Purpose or the like; otherwise what stands between the first heading and the next. */
export function summaryOf(source: Source, parts: Outline): string {
  const titled = parts.titles.find(({ text }) => /^(?:summary|purpose|goal|overview)$/i.test(text));
  const title = titled ?? parts.titles[0];
  return title === undefined ? '' : textOfSection(source, parts, sectionBelow(parts, title.index, 6));
}

/**
 * From behind the node at `index` to the next heading of rank `depth` or above, or the next node in `stops`. Rules
 * (`---`) at the end are left out.
 */
export function sectionBelow(parts: Outline, index: number, depth: number, stops: ReadonlySet<number> = new Set()): Section {
  const { nodes } = parts;
  let to = index + 1;
  while (to < nodes.length && !stops.has(to) && !isHeading(nodes[to]!, depth)) to += 1;
  while (to > index + 1 && nodes[to - 1]!.type === 'thematicBreak') to -= 1;
  return { from: index + 1, to };
}

export function textOfSection(source: Source, parts: Outline, { from, to }: Section): string {
  if (from >= to) return '';
  return tidyText(source.text.slice(span(parts.nodes[from - 1]!).end, span(parts.nodes[to - 1]!).end));
}

/** The list under a line `Acceptance:` (or a heading of that name). */
export function acceptanceOf(source: Source, parts: Outline, { from, to }: Section, done: boolean): AcceptancePoint[] {
  const nodes = parts.nodes.slice(from, to);
  const list = nodes.find((node, index) => node.type === 'list' && index > 0 && isAcceptance(tidyLine(sliceOf(source, nodes[index - 1]!))));
  if (list?.type !== 'list') return [];
  return list.children.flatMap(({ children }) => {
    const first = children[0];
    if (first === undefined) return [];
    const lines = source.text.slice(span(first).start, span(children.at(-1)!).end).split('\n');
    const note = lines.findIndex((line, index) => index > 0 && isNote(line));
    return acceptancePoint(tidyLine(lines.slice(0, note === -1 ? undefined : note).join(' ')), done);
  });
}

/** Reads `[x] text`, `[ ] text` or plain text, which is done when its task is. */
export function acceptancePoint(text: string, done: boolean): AcceptancePoint {
  const box = /^\[([ xX])\] +/.exec(text);
  return box === null ? { text, done } : { text: text.slice(box[0].length), done: box[1] !== ' ' };
}

// Labels at the beginning of a line. People write them right under a list, so they count wherever a line begins.
const NOTES = {
  DONE: /^\**(?:closure|completion) note\b[^:\n]{0,40}:\**[ \t]*/i,
  CANCELLED: /^\**(?:reason|cancell?ed|cancellation|closure note)\b[^:\n]{0,40}:\**[ \t]*/i,
  WAITING: /^\**(?:blocked|waiting)(?:\**:\**[ \t]*|\** +(?:by|on|for|until)\**:?\**[ \t]+)/i,
};

/** What a description says of how its task ended or what it waits for: from the label to the end of the paragraph, on one line. */
export function noteOf(description: string, kind: keyof typeof NOTES): string | undefined {
  const lines = description.split('\n');
  const from = lines.findIndex((line) => NOTES[kind].test(line));
  if (from === -1) return undefined;
  const length = lines.slice(from + 1).findIndex((line) => /^\s*(?:$|[-*+#>] |\d+[.)] )/.test(line) || isNote(line));
  const note = lines.slice(from, length === -1 ? undefined : from + 1 + length).join(' ').replace(NOTES[kind], '');
  return tidyLine(note) || undefined;
}

function isNote(line: string): boolean {
  return Object.values(NOTES).some((label) => label.test(line));
}

export function sliceOf(source: Source, node: RootContent): string {
  const { start, end } = span(node);
  return source.text.slice(start, end);
}

/** The nearest heading before a node. */
export function headingBefore(parts: Outline, index: number): Title | undefined {
  return parts.titles.findLast((title) => title.index < index);
}

function isHeading(node: RootContent, depth: number): boolean {
  return node.type === 'heading' && node.depth <= depth;
}

function isAcceptance(text: string): boolean {
  return /^[#* ]*acceptance(?: criteria)?[*: ]*$/i.test(text);
}
