import type { Source } from '@hubgraph/kit/front-matter/source';
import { fieldsOf, itemsOf, offsetOf, readYaml } from '@hubgraph/kit/front-matter/yaml';
import type { Field, Fragment } from '@hubgraph/kit/front-matter/yaml';
import { fullCode } from './codes.ts';
import { FieldReader, quote } from './fields.ts';
import { limits } from './model.ts';
import type { WorkplanTask } from './model.ts';
import { tidyText } from './outline.ts';
import type { Outline, Title } from './outline.ts';
import { CLOSURE_HEADING, acceptanceOf, acceptancePoint, afterCode, headingBefore, noteOf, sectionBelow, textOfSection } from './sections.ts';
import type { Section } from './sections.ts';
import { priorityWords, taskWords } from './words.ts';

interface Place {
  readonly source: Source;
  readonly parts: Outline;
  /** Code of the workstream, when the file has a right one. */
  readonly code?: string;
  /** Nodes where the text of the task before ends. */
  readonly stops: ReadonlySet<number>;
}

/** Reads every task: those of the front matter's list first, then the fenced ones, each in the order of the file. */
export function readTasks(source: Source, parts: Outline, from: { readonly code?: string; readonly items?: { readonly fragment: Fragment; readonly field: Field } }): WorkplanTask[] {
  const items = from.items && listed(source, from.items.fragment, from.items.field);
  const count = (items?.length ?? 0) + parts.blocks.length;
  if (count > limits.tasks) {
    source.report(0, `The file has ${count} tasks; at most ${limits.tasks} are read.`);
    return [];
  }
  const headings = headingsByTask(parts, from.code);
  const stops = new Set([...headings.values()].map(({ index }) => index));
  for (const block of parts.blocks) stops.add(headingBefore(parts, block.index)?.index ?? block.index).add(block.index);
  for (const title of parts.titles) if (CLOSURE_HEADING.test(title.text)) stops.add(title.index);

  const place: Place = { source, parts, code: from.code, stops };
  const tasks: WorkplanTask[] = [];
  const lines = new Map<string, number>();
  const add = (read: FieldReader, line: number, text: (code: string | undefined) => { heading?: Title; section?: Section }) => {
    const code = codeOf(read, from.code);
    const before = code === undefined ? undefined : lines.get(code);
    if (before !== undefined) source.report(read.fields.at, `${code} is already the task on line ${before}.`);
    else if (code !== undefined) lines.set(code, line);
    const task = readTask(place, read, { ...text(code), line, code });
    if (task !== undefined) tasks.push(task);
  };
  for (const item of items ?? []) {
    const { fragment, field } = from.items!;
    const fields = fieldsOf(fragment, item, 'A task', offsetOf(fragment, item) ?? field.at);
    if (fields !== undefined) add(new FieldReader(fragment, fields), source.line(fields.at), (code) => belowHeading(place, code === undefined ? undefined : headings.get(code)));
  }
  for (const block of parts.blocks) {
    const fragment = readYaml(source, block.yaml.start, block.yaml.end);
    const fields = fragment && fieldsOf(fragment, fragment.document.contents, 'A task block', block.start);
    if (fields === undefined) continue;
    const heading = headingBefore(parts, block.index);
    add(new FieldReader(fragment!, fields), source.line(block.start), () => ({ heading, section: sectionBelow(parts, block.index, heading?.depth ?? 6, stops) }));
  }
  return tasks;
}

function listed(source: Source, fragment: Fragment, field: Field): readonly unknown[] | undefined {
  const items = itemsOf(fragment, field.value);
  const empty = (field.value as { value?: unknown } | null)?.value === '' || field.value === null;
  if (items === undefined && !empty) source.report(field.at, 'tasks must be a list of tasks.');
  return items;
}

function belowHeading({ parts, stops }: Place, heading: Title | undefined): { heading?: Title; section?: Section } {
  return heading === undefined ? {} : { heading, section: sectionBelow(parts, heading.index, heading.depth, stops) };
}

function readTask(place: Place, read: FieldReader, found: { heading?: Title; section?: Section; line: number; code?: string }): WorkplanTask | undefined {
  const { source, parts } = place;
  const section = found.section ?? { from: 0, to: 0 };
  const { code } = found;
  const status = read.required('status', read.word('status', taskWords));
  const title = read.required('title', read.line('title', limits.title) ?? titleOf(read, found.heading, code));
  const priority = read.word('priority', priorityWords);
  const description = tidyText(read.text('description') ?? textOfSection(source, parts, section));
  const waitingOn = read.line('waiting_on') ?? read.line('blocked_by') ?? read.line('blocked_on');
  const acceptance = read.texts('acceptance')?.map((text) => acceptancePoint(text, status === 'DONE')) ?? acceptanceOf(source, parts, section, status === 'DONE');
  const note = read.line('note') ?? read.line('completion_note') ?? read.line('closure_note') ?? read.line('reason');
  const id = read.uuid('state_hub_task_id');
  if (code === undefined || status === undefined || title === undefined) return undefined;
  return {
    code, title, status, priority, description, id, line: found.line, acceptance,
    waitingOn: waitingOn ?? (status === 'WAITING' ? noteOf(description, 'WAITING') : undefined),
    note: note ?? (status === 'DONE' || status === 'CANCELLED' ? noteOf(description, status) : undefined),
  };
}

function titleOf(read: FieldReader, heading: Title | undefined, code: string | undefined): string | undefined {
  if (heading === undefined) return read.refuse('title', 'The task has no title: write `title:` or a heading above it.');
  const prefix = code === undefined ? undefined : [code, code.slice(code.lastIndexOf('-') + 1)].find((word) => new RegExp(`^${word}\\b`).test(heading.text));
  const title = prefix === undefined ? heading.text : afterCode(heading.text, prefix.length);
  if (title === '') return read.refuse('title', 'The heading above the task has no text; write one or `title:`.');
  return title.length <= limits.title ? title : read.refuse('title', `The heading above the task has ${title.length} characters; at most ${limits.title} are kept.`);
}

/** The full code of a task; refused when it is neither `T01` nor a full code of this workplan. */
function codeOf(read: FieldReader, workstream: string | undefined): string | undefined {
  const id = read.required('id', read.line('id'));
  if (id === undefined) return undefined;
  const full = fullCode(id, workstream);
  const like = `${workstream ?? 'CUST-WP-0040'}-T01`;
  return full ?? read.refuse('id', `id is ${quote(id)}; the id of a task must be T01 or ${like}.`);
}

/** Headings that begin with the code of a task; the first one counts. */
function headingsByTask(parts: Outline, workstream: string | undefined): Map<string, Title> {
  const headings = new Map<string, Title>();
  for (const title of parts.titles) {
    const word = /^[A-Z][A-Z0-9-]*(?![\w-])/.exec(title.text)?.[0];
    const code = word && fullCode(word, workstream);
    if (code && !headings.has(code)) headings.set(code, title);
  }
  return headings;
}
