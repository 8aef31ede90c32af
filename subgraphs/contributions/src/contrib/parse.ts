import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { checkText, decode, openSource, type Source } from '@hubgraph/kit/front-matter/source';
import { fieldsOf, itemsOf, offsetOf, readText, readYaml, textOf, type Field, type Fields, type Fragment } from '@hubgraph/kit/front-matter/yaml';
import { evidenceOf, FRONT_MATTER, LISTS, missingIn, type FrontMatter } from './front-matter.ts';
import { kindOf, KINDS, type ContributionFile, type Kind, type Problem } from './model.ts';
import { slugProblem } from './slug.ts';

/** Either the contribution, or every reason why there is none. */
export type Parsed = { readonly contribution: ContributionFile } | { readonly problems: readonly [Problem, ...Problem[]] };

/** Characters of a body: as many as the hub keeps. */
const MAX_BODY = 50_000;

/**
 * Reads one contribution file. Pure: it opens nothing, runs nothing and never throws for what stands in the file.
 * Bytes must be UTF-8; the result is independent of line ends and byte order mark.
 */
export function parseContribution(file: { readonly path: string; readonly bytes: Uint8Array }): Parsed {
  const decoded = decode(file.path, file.bytes);
  if ('problem' in decoded) return { problems: [decoded.problem] };
  const source = openSource(file.path, decoded.text);
  const contribution = read(source, createHash('sha256').update(file.bytes).digest('hex'));
  const [first, ...others] = source.problems.toSorted((a, b) => a.line - b.line || (a.column ?? 0) - (b.column ?? 0));
  if (first !== undefined) return { problems: [first, ...others] };
  if (contribution === undefined) throw new Error(`nothing was read from ${file.path}, and no reason given`);
  return { contribution };
}

/** Whether a text means to be a contribution: its front matter has a `type:` that is one, even when it is broken otherwise. For choosing files in a folder. */
export function looksLikeContribution(text: string): boolean {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines[0]?.trimEnd() !== '---') return false;
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === '---');
  return lines.slice(1, end === -1 ? 200 : end).some((line) => {
    const word = /^\s*["']?type["']?\s*:\s*["']?([\w-]+)/.exec(line)?.[1];
    return word !== undefined && kindOf(word) !== undefined;
  });
}

function read(source: Source, sha256: string): ContributionFile | undefined {
  checkText(source);
  if (source.problems.length > 0) return undefined;
  const parts = split(source);
  if (parts === undefined) return undefined;
  const fragment = readYaml(source, parts.start, parts.end);
  if (fragment === undefined) return undefined;
  const fields = fieldsOf(fragment, fragment.document.contents, 'The front matter', parts.start);
  if (fields === undefined) return undefined;
  const kind = readKind(fragment, fields);
  if (kind === undefined) return undefined;
  const said = readFields(fragment, fields, kind);
  const body = source.text.slice(parts.body).replaceAll('\r\n', '\n').normalize('NFC').trim();
  if (body.length > MAX_BODY) source.report(parts.body, `The body has ${body.length} characters; at most ${MAX_BODY} are kept.`);
  if (said === undefined) return undefined;
  const at = (key: string) => placeOf(fragment, fields.byKey.get(key), fields.at);
  if (body === '' && said.status !== 'DRAFT' && said.status !== 'WITHDRAWN') source.report(parts.body, `A contribution that is ${said.status.toLowerCase()} needs a body below the front matter.`);
  for (const { field, reason } of missingIn(said, kind.link)) source.report(at(fields.byKey.has(field) ? field : 'status'), reason);
  const slug = readSlug(source, said, kind, at('id'));
  const cut = said.target.lastIndexOf('/');
  return {
    path: source.path, sha256, type: kind.type, slug, title: said.title, domain: said.domain, targetOrg: said.target.slice(0, cut), targetRepo: said.target.slice(cut + 1), status: said.status, repo: said.repo,
    workstream: said.workstream, topic: said.topic, package: said.package, upstreamUrl: said[kind.link], answerUrl: said.answer, evidence: evidenceOf(said), reason: said.reason, notes: said.notes, supersedes: said.supersedes,
    createdOn: said.created, submittedOn: said.submitted, acknowledgedOn: said.acknowledged, resolvedOn: said.resolved, body, notices: unread(source, fields, kind),
  };
}

/** Where front matter and body stand; undefined after having reported that there is no front matter. */
function split(source: Source): { readonly start: number; readonly end: number; readonly body: number } | undefined {
  const { text } = source;
  const opened = /^---[ \t]*\r?\n/.exec(text);
  if (opened === null) return void source.report(0, 'There is no front matter; begin the file with `---`, the fields, and `---`.');
  const closing = /^---[ \t]*(?:\r?\n|$)/gm;
  closing.lastIndex = opened[0].length;
  const closed = closing.exec(text);
  if (closed === null) return void source.report(0, 'The front matter opened here is never closed; end it with a line `---`.');
  return { start: opened[0].length, end: closed.index, body: closed.index + closed[0].length };
}

function readKind(fragment: Fragment, fields: Fields): Kind | undefined {
  const field = fields.byKey.get('type');
  const word = field === undefined ? undefined : textOf(fragment, field.value);
  const kind = word === undefined ? undefined : kindOf(word);
  if (kind === undefined) fragment.source.report(placeOf(fragment, field, fields.at), `type ${word ? `is ${JSON.stringify(word.slice(0, 80))}` : 'is missing'}; it must be one of ${KINDS.map((known) => known.word).join(', ')}.`);
  return kind;
}

/** Reads the values as texts and checks them by the schema of the kind; problems are reported where the field stands. */
function readFields(fragment: Fragment, fields: Fields, kind: Kind): FrontMatter | undefined {
  const { source } = fragment;
  const before = source.problems.length;
  const said: Record<string, string | string[] | undefined> = {};
  for (const field of fields.byKey.values()) if (Object.hasOwn(FRONT_MATTER[kind.type].shape, field.key)) said[field.key] = LISTS.has(field.key) ? readList(fragment, field) : readText(fragment, field, MAX_BODY);
  if (source.problems.length > before) return undefined;
  const checked = FRONT_MATTER[kind.type].safeParse(said);
  if (checked.success) return checked.data;
  for (const { path, message } of checked.error.issues) {
    const key = String(path[0]);
    source.report(placeOf(fragment, fields.byKey.get(key), fields.at), said[key] === undefined ? `${key} is missing.` : `${path.join('.')} ${message}.`);
  }
  return undefined;
}

/** One text or a list of them. */
function readList(fragment: Fragment, field: Field): string[] | undefined {
  const items = itemsOf(fragment, field.value);
  if (items === undefined) {
    const text = readText(fragment, field, MAX_BODY);
    return text === undefined ? undefined : [text];
  }
  const texts = items.map((item) => textOf(fragment, item));
  if (texts.every((text) => text !== undefined)) return texts.filter((text) => text !== '');
  fragment.source.report(field.at, `${field.key} must be a list of plain texts.`);
  return undefined;
}

function readSlug(source: Source, said: FrontMatter, kind: Kind, at: number): string | undefined {
  const named = basename(source.path).replace(/\.md$/i, '');
  const slug = said.id ?? (slugProblem(named, kind.type) === null ? named : undefined);
  const problem = slug === undefined ? null : slugProblem(slug, kind.type);
  if (problem !== null) source.report(at, `id is ${JSON.stringify(slug)}. ${problem}`);
  return slug;
}

function unread(source: Source, fields: Fields, kind: Kind): Problem[] {
  const { shape } = FRONT_MATTER[kind.type];
  return [...fields.byKey.values()].filter(({ key }) => !Object.hasOwn(shape, key)).map(({ key, at }) => ({ file: source.path, line: source.line(at), reason: `Nothing reads the key ${JSON.stringify(key.slice(0, 80))}.` }));
}

function placeOf(fragment: Fragment, field: Field | undefined, otherwise: number): number {
  return field === undefined ? otherwise : (offsetOf(fragment, field.value) ?? field.at);
}
