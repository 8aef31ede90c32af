import type { List, ListItem } from 'mdast';
import { checkText, openSource } from '@hubgraph/kit/front-matter/source';
import type { Source } from '@hubgraph/kit/front-matter/source';
import type { Classification as StoredClassification, Outcome } from '../model.ts';
import { WORKSTREAM_CODE, fullCode } from './codes.ts';
import { isDay, quote } from './fields.ts';
import type { Classification, ClosureReview, Problem } from './model.ts';
import { outline, span, tidyLine, tidyText } from './outline.ts';
import type { Outline, Title } from './outline.ts';
import { CLOSURE_HEADING, afterCode, sectionBelow } from './sections.ts';
import type { Section } from './sections.ts';
import { outcomeWords } from './words.ts';

/** What is known of the workplan that a review stands in. */
export interface ReviewedWorkplan {
  readonly code?: string;
  /** Titles of its tasks by code; when given, a review of another task is refused. */
  readonly titles?: ReadonlyMap<string, string>;
}

/** Reads the review that stands alone in `text`, as {@link renderClosureReview} writes it or as people do. */
export function parseClosureReview(text: string): { readonly review: ClosureReview } | { readonly problems: readonly Problem[] } {
  const source = openSource('closure review', text);
  checkText(source);
  const review = source.problems.length > 0 ? undefined : readClosureReview(source, outline(source));
  if (review === undefined && source.problems.length === 0) source.report(0, 'There is no heading `## Closure Review — <date>`.');
  return source.problems.length > 0 || review === undefined ? { problems: source.problems } : { review };
}

/** Reads the latest review of a file; undefined when there is none, or after having reported what is wrong with one. */
export function readClosureReview(source: Source, parts: Outline, workplan: ReviewedWorkplan = {}): ClosureReview | undefined {
  let latest: ClosureReview | undefined;
  for (const title of parts.titles) {
    if (!CLOSURE_HEADING.test(title.text)) continue;
    const review = readOne(source, parts, title, workplan);
    if (review !== undefined && (latest === undefined || review.date >= latest.date)) latest = review;
  }
  return latest;
}

function readOne(source: Source, parts: Outline, title: Title, workplan: ReviewedWorkplan): ClosureReview | undefined {
  const date = CLOSURE_HEADING.exec(title.text)?.[1] ?? '';
  if (!isDay(date)) {
    source.report(title.start, `The closure review is dated ${quote(date)}; its heading must be \`Closure Review — 2026-03-02\`.`);
    return undefined;
  }
  const section = sectionBelow(parts, title.index, title.depth);
  const groups = parts.titles.filter(({ index }) => index >= section.from && index < section.to);
  const end = groups[0]?.start ?? (section.to > section.from ? span(parts.nodes[section.to - 1]!).end : title.end);
  const fields = labelled(source.text.slice(title.end, end));

  const classifications: Classification[] = [];
  const seen = new Set<string>();
  for (const group of groups) {
    const as = groupOf(group.text);
    if (as === undefined) continue;
    for (const item of itemsBelow(parts, sectionBelow(parts, group.index, group.depth))) {
      const found = classify(source, item, as, workplan);
      if (found === undefined) continue;
      if (seen.has(found.task)) source.report(span(item).start, `The closure review classifies ${found.task} twice.`);
      seen.add(found.task);
      classifications.push(found);
    }
  }
  const outcome = outcomeOf(fields.outcome);
  if (outcome === undefined) {
    source.report(title.start, `The closure review has no outcome; write \`**Outcome:** COMPLETED\` (allowed are ${outcomeWords.allowed}).`);
    return undefined;
  }
  return { date, outcome: outcome.outcome, context: [outcome.sentence, fields.context].filter(Boolean).join('\n\n'), reviewer: tidyLine(fields.reviewer) || undefined, classifications };
}

const LABEL = /^\*\*(Outcome|Context|Reviewer)(?::\*\*|\*\*:)[ \t]*/i;
// A line of the context that Markdown or the reader would take for structure of the review.
const STRUCTURE = /^([ \t]*)(?=\\|#|\*\*|```|~~~|<|=+[ \t]*$|-+[ \t]*$)/;

/** The fields at the head of a review; what stands before any label is context. */
function labelled(text: string): { outcome: string; context: string; reviewer: string } {
  const fields = { outcome: '', context: '', reviewer: '' };
  let field: keyof typeof fields = 'context';
  for (const line of tidyText(text).split('\n')) {
    const label = LABEL.exec(line);
    if (label === null) fields[field] += `\n${line.replace(/^([ \t]*)\\(?=[\\#*`~<=-])/, '$1')}`;
    else {
      field = label[1]!.toLowerCase() as keyof typeof fields;
      fields[field] += `\n${line.slice(label[0].length)}`;
    }
  }
  return { outcome: tidyLine(fields.outcome), context: fields.context.trim(), reviewer: fields.reviewer };
}

/** The word, and the sentence that stands beside it; a sentence without a word is kept, and the word taken from it. */
function outcomeOf(text: string): { outcome: Outcome; sentence: string } | undefined {
  const ours = /^(COMPLETED|CANCELLED)(?: — (.*))?$/.exec(text);
  if (ours !== null) return { outcome: ours[1] as Outcome, sentence: ours[2] ?? '' };
  const word = outcomeWords.read(text.split(/[—–:.,;]/)[0]!);
  if (word !== undefined) return { outcome: word, sentence: outcomeWords.read(text) === undefined ? text : '' };
  if (/complet|\bdone\b|finish|shipped|deliver/i.test(text)) return { outcome: 'COMPLETED', sentence: text };
  return /cancel|abandon|supersed|dropped/i.test(text) ? { outcome: 'CANCELLED', sentence: text } : undefined;
}

function groupOf(text: string): Classification['as'] | undefined {
  if (/^(?:completed|done)\b/i.test(text)) return 'DONE';
  if (/^(?:cancell?ed|dropped)\b/i.test(text)) return 'CANCELLED';
  return /^(?:carried|carry)\b/i.test(text) ? 'CARRY_FORWARD' : undefined;
}

function itemsBelow(parts: Outline, { from, to }: Section): ListItem[] {
  return parts.nodes.slice(from, to).flatMap((node) => (node.type === 'list' ? node.children : []));
}

/** One bullet; undefined for one that names no task, and after having reported what is wrong. */
function classify(source: Source, item: ListItem, as: Classification['as'], { code, titles }: ReviewedWorkplan): Classification | undefined {
  const head = item.children[0]?.type === 'paragraph' ? tidyLine(source.text.slice(span(item.children[0]).start, span(item.children[0]).end)) : '';
  const match = /^(?:\[[ xX]\] +)?[*`]*((?:[A-Z][A-Z0-9-]*-WP-\d{1,6}-)?T\d{1,6})\b[*`]*[\s—–:-]*(.*)$/.exec(head);
  if (match === null) return undefined;
  const refuse = (reason: string) => void source.report(span(item).start, reason);
  const task = fullCode(match[1]!, code);
  if (task === undefined || (titles !== undefined && !titles.has(task))) return refuse(`The closure review classifies ${match[1]}, which is no task of this workplan.`);
  const title = titles?.get(task);
  const rest = title !== undefined && match[2]!.startsWith(title) ? afterCode(match[2]!, title.length) : match[2]!;
  const details = detailsOf(source, item);

  if (as === 'DONE') return { task, as };
  if (as === 'CANCELLED') {
    const reason = details.get('reason') ?? rest;
    return reason === '' ? refuse(`The closure review cancels ${task} without a reason; write a line \`- Reason: ...\` below it.`) : { task, as, reason };
  }
  const to = details.get('to') ?? /[A-Z][A-Z0-9-]*-WP-\d{1,6}/g.exec(rest)?.[0];
  if (to === undefined || !WORKSTREAM_CODE.test(to)) return refuse(`The closure review carries ${task} forward without naming the workstream; write a line \`- To: CODE\` below it.`);
  return { task, as, carryTo: to, reason: details.get('reason') };
}

/** The lines `- Key: text` below a bullet, by key in lower case. */
function detailsOf(source: Source, item: ListItem): Map<string, string> {
  const nested = item.children.filter((child): child is List => child.type === 'list').flatMap((list) => list.children);
  const lines = nested.flatMap((child) => (child.children[0] === undefined ? [] : [tidyLine(source.text.slice(span(child.children[0]).start, span(child.children[0]).end))]));
  return new Map(lines.flatMap((line) => {
    const match = /^(Reason|To): *(.+)$/i.exec(line);
    return match === null ? [] : [[match[1]!.toLowerCase(), match[2]!] as const];
  }));
}

const GROUPS = [['DONE', 'Completed'], ['CANCELLED', 'Cancelled'], ['CARRY_FORWARD', 'Carried forward']] as const;

/** A review as the hub or a file has it. */
export interface AnyReview {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Null while the review is open; such a section is for people, and is not read back. */
  readonly outcome: Outcome | null;
  readonly context: string;
  readonly reviewer?: string | null;
  readonly classifications: readonly StoredClassification[];
}

/**
 * Writes a review as the section `## Closure Review — <date>`. Reading it gives the same review, with texts as Markdown
 * keeps them: composed, trimmed, all but the context on one line, and the tasks by group. `titles` (by task code) stand
 * beside the codes for people and are not read back.
 */
export function renderClosureReview(review: AnyReview, titles: ReadonlyMap<string, string> = new Map()): string {
  const context = tidyText(review.context).trim();
  const reviewer = tidyLine(review.reviewer ?? '');
  const lines = [`## Closure Review — ${review.date}`, '', `**Outcome:** ${review.outcome ?? 'open'}`];
  if (context !== '') lines.push('', `**Context:** ${escapeContext(context)}`);
  if (reviewer !== '') lines.push('', `**Reviewer:** ${reviewer}`);
  for (const [as, name] of GROUPS) {
    const group = review.classifications.filter((one) => one.as === as);
    if (group.length > 0) lines.push('', `### ${name}`, '', ...group.flatMap((one) => bullet(one, titles.get(one.task))));
  }
  return `${lines.join('\n')}\n`;
}

function bullet({ task, as, carryTo, reason }: StoredClassification, title = ''): string[] {
  const lines = [`- ${task}${title && ` — ${tidyLine(title)}`}`];
  if (as === 'CARRY_FORWARD') lines.push(`  - To: ${carryTo}`);
  if (as !== 'DONE' && reason) lines.push(`  - Reason: ${tidyLine(reason)}`);
  return lines;
}

function escapeContext(context: string): string {
  const [first, ...others] = context.split('\n');
  return [first, ...others.map((line) => line.replace(STRUCTURE, '$1\\'))].join('\n');
}
