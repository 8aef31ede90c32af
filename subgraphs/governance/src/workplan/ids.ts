import { Scalar } from 'yaml';
import { openSource } from '@hubgraph/kit/front-matter/source';
import { fieldsOf, itemsOf, readYaml, textOf } from '@hubgraph/kit/front-matter/yaml';
import type { Fields, Fragment } from '@hubgraph/kit/front-matter/yaml';
import { fullCode } from './codes.ts';
import { outline } from './outline.ts';

/** Ids that the graph gave to a workstream and its tasks. */
export interface GraphIds {
  readonly workstreamId: string;
  /** By full task code; tasks that are not named keep what they have. */
  readonly tasks: ReadonlyMap<string, string>;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Sets `state_hub_workstream_id` and `state_hub_task_id` in the front matter and the task blocks of a file. Every other
 * character stays as it is: comments, quotes, order, line ends, byte order mark. `text` must be a file that
 * `parseWorkplan` reads; of any other, what can be read is written.
 */
export function writeIds(text: string, ids: GraphIds): string {
  const source = openSource('', text);
  const parts = outline(source);
  const edits = new Map<number, Edit>();
  const set = (fragment: Fragment, fields: Fields, key: string, id: string | undefined) => {
    const edit = id === undefined ? undefined : editOf(fragment, fields, key, id);
    if (edit !== undefined) edits.set(edit.start, edit);
  };

  const front = parts.frontMatter && readYaml(source, parts.frontMatter.start, parts.frontMatter.end);
  const header = front && fieldsOf(front, front.document.contents, 'The front matter', 0);
  if (front === undefined || header === undefined) return text;
  const code = textOf(front, header.byKey.get('id')?.value);
  set(front, header, 'state_hub_workstream_id', ids.workstreamId);
  const task = (fragment: Fragment, node: unknown) => {
    const fields = fieldsOf(fragment, node, 'A task', 0);
    const id = fields && textOf(fragment, fields.byKey.get('id')?.value);
    if (id) set(fragment, fields, 'state_hub_task_id', ids.tasks.get(fullCode(id, code) ?? ''));
  };
  for (const item of itemsOf(front, header.byKey.get('tasks')?.value) ?? []) task(front, item);
  for (const block of parts.blocks) {
    const fragment = readYaml(source, block.yaml.start, block.yaml.end);
    if (fragment !== undefined) task(fragment, fragment.document.contents);
  }

  let written = source.text;
  for (const { start, end, text: replacement } of [...edits.values()].sort((a, b) => b.start - a.start)) {
    written = written.slice(0, start) + replacement + written.slice(end);
  }
  return text.slice(0, text.length - source.text.length) + written;
}

function editOf(fragment: Fragment, fields: Fields, key: string, id: string): Edit | undefined {
  const { text } = fragment.source;
  const field = fields.byKey.get(key);
  if (field === undefined) return insertion(fragment, fields, key, id);
  if (textOf(fragment, field.value)?.toLowerCase() === id.toLowerCase()) return undefined;
  const range = (field.value as { range?: readonly [number, number, number] | null } | null)?.range;
  if (range == null || range[0] === range[1]) {
    // A key without a value: right behind its colon, before any comment.
    const colon = text.indexOf(':', field.at + key.length);
    return { start: colon + 1, end: colon + 1, text: ` "${id}"` };
  }
  const [start, end] = [fragment.base + range[0], fragment.base + range[1]];
  const type = field.value instanceof Scalar ? field.value.type : undefined;
  const value = type === Scalar.PLAIN ? id : type === Scalar.QUOTE_SINGLE ? `'${id}'` : `"${id}"`;
  return { start, end, text: text.slice(start, end).endsWith('\n') ? `${value}\n` : value };
}

/** A new line under `id:`, indented like it; in a mapping in braces, a new entry behind it. */
function insertion(fragment: Fragment, fields: Fields, key: string, id: string): Edit | undefined {
  const { text } = fragment.source;
  const after = fields.byKey.get('id');
  const range = (after?.value as { range?: readonly [number, number, number] | null } | null)?.range;
  if (after === undefined || range == null) return undefined;
  const end = fragment.base + range[1];
  if (fields.map.flow) return { start: end, end, text: `, ${key}: "${id}"` };
  const lineEnd = text.indexOf('\n', end - 1);
  if (lineEnd === -1) return undefined;
  const column = after.at - (text.lastIndexOf('\n', after.at - 1) + 1);
  const eol = text[lineEnd - 1] === '\r' ? '\r\n' : '\n';
  return { start: lineEnd + 1, end: lineEnd + 1, text: `${' '.repeat(column)}${key}: "${id}"${eol}` };
}
