import type { SbomProblem } from '../model.ts';
import { checkCount, draft } from './draft.ts';
import type { Draft, Reading } from './draft.ts';
import { outOfStep } from './manifest/model.ts';
import type { Manifest } from './manifest/model.ts';
import { readRequirement } from './manifest/pyproject.ts';
import type { Requirement } from './manifest/pyproject.ts';
import { pypiName } from './names.ts';
import { logicalLines } from './requirements-lines.ts';
import type { Line } from './requirements-lines.ts';
import { Refusal, quote, refuse } from './refusal.ts';
import { folderOf, normalisePath } from './text.ts';
import type { SourceText } from './text.ts';

/** What a requirements file says, line by line. Nothing in it is run or fetched, whatever `-e` points at. */
interface Read {
  readonly lines: readonly { requirement: Requirement; line: Line }[];
  /** Files of `-r`, as paths in the repository. */
  readonly includes: readonly { path: string; line: number }[];
  readonly notices: readonly SbomProblem[];
}

/** Options of pip with which a line may begin and that name no package. */
const OPTIONS = /^(?:-i|--index-url|--extra-index-url|--no-index|-f|--find-links|--no-binary|--only-binary|--prefer-binary|--require-hashes|--pre|--trusted-host|--use-feature|-c|--constraint|--config-settings|--global-option)\b/;

/** Characters of one requirement or option, without its hashes. */
const LONGEST = 4096;

function read(source: SourceText): Read {
  const lines: { requirement: Requirement; line: Line }[] = [];
  const includes: { path: string; line: number }[] = [];
  const notices: SbomProblem[] = [];
  for (const line of logicalLines(source.text)) {
    const at = { line: line.number, column: 1 };
    if (line.text.length > LONGEST) refuse(source.name, 'LIMIT', `The line has ${line.text.length} characters; at most ${LONGEST} are read.`, at);
    const include = /^(?:-r|--requirement)[\s=]*(\S+)/.exec(line.text);
    const editable = /^(?:-e|--editable)[\s=]*(.+)$/.exec(line.text);
    if (include !== null) includes.push({ path: normalisePath(`${folderOf(source.name)}/${include[1]!}`), line: line.number });
    else if (OPTIONS.test(line.text)) continue;
    else {
      const requirement = requirementOf(editable?.[1] ?? line.text);
      if (requirement !== null) lines.push({ requirement, line });
      else if (editable !== null || /^(?:\.{0,2}\/|file:)/.test(line.text) || /^[\w+]+:\/\//.test(line.text)) {
        notices.push({ file: source.name, ...at, reason: `${quote(line.text)} names no package: it is passed over and nothing of it is run.`, code: 'SKIPPED' });
      } else refuse(source.name, 'MALFORMED', `${quote(line.text)} is no requirement and no option of pip.`, at);
    }
    checkCount(source, 'packages', lines.length);
  }
  return { lines, includes, notices };
}

/** A URL names its package after `#egg=`, or as a wheel. */
function requirementOf(text: string): Requirement | null {
  if (!/^[\w+]+:\/\/|^git\+/.test(text)) return readRequirement(text);
  const [url = '', marker] = text.split(/\s*;\s*|\s+;/, 2);
  const name = /[#&]egg=([A-Za-z0-9][\w.-]*)/.exec(url)?.[1] ?? /\/([A-Za-z0-9][A-Za-z0-9_.]*)-[^/]+\.whl(?:#|$)/.exec(url)?.[1];
  return name === undefined ? null : { name: pypiName(name), extras: [], range: '', url, marker: marker ?? null };
}

/**
 * Reads a requirements.txt, best as pip-compile or uv write it: then "# via" tells what is direct and gives the edges.
 * `given` are the names of all files that came along: what `-r` includes must be among them.
 * @throws Refusal
 */
export function readRequirements(source: SourceText, manifests: readonly Manifest[], given: ReadonlySet<string>): Reading {
  const { lines, includes, notices } = read(source);
  const missing = includes.filter(({ path }) => !given.has(path));
  if (missing.length > 0) throw new Refusal(missing.map(({ path, line }) => ({ file: source.name, line, column: 1, path, reason: `The file includes ${path}, which was not handed in with it.`, code: 'USAGE' })));
  const drafts: Draft[] = [];
  const ids = new Set<string>();
  const vias = new Map<Draft, readonly string[]>();
  for (const { requirement, line } of lines) {
    const one = draftOf(requirement, line, ids);
    drafts.push(one);
    vias.set(one, line.via);
  }
  if ([...vias.values()].some((via) => via.length > 0)) connect(vias);
  else if (manifests.length > 0) for (const one of drafts) one.direct = false;
  checkStep(source, drafts, manifests);
  return { kind: 'REQUIREMENTS', formatVersion: null, entryCount: drafts.length, drafts, notices };
}

function draftOf({ name, range, url, marker }: Requirement, line: Line, ids: Set<string>): Draft {
  // only an exact version is one: a range is what pip may choose from
  const version = /^={2,3}([^,*]+)$/.exec(range)?.[1] ?? null;
  let id = `${name}@${version ?? url ?? (range || 'any')}`;
  if (ids.has(id)) id += `;${marker ?? ''}#${line.number}`;
  ids.add(id);
  return draft({
    id,
    ecosystem: 'pypi',
    name,
    version,
    source: url === null ? { kind: 'REGISTRY' } : { kind: url.startsWith('git+') ? 'GIT' : /^(?:file:|\.{0,2}\/)/.test(url) ? 'PATH' : 'URL', location: url },
    thirdParty: true,
    integrity: line.hashes[0] ?? null,
    needles: [line.text],
  });
}

/** "via" names who asked: another package, or a file (`-r main.in`, `app (pyproject.toml)`) whose line makes it direct. */
function connect(vias: ReadonlyMap<Draft, readonly string[]>): void {
  const byName = Map.groupBy(vias.keys(), (one) => one.name);
  for (const one of vias.keys()) {
    one.edges = new Set();
    one.direct = false;
  }
  for (const [one, via] of vias) {
    for (const asker of via) {
      const found = byName.get(pypiName(asker));
      if (found === undefined) one.direct = !/^-c\b/.test(asker) || one.direct;
      else for (const from of found) if (from !== one) from.edges!.add(one.id);
    }
  }
}

function checkStep(source: SourceText, drafts: readonly Draft[], manifests: readonly Manifest[]): void {
  const byName = Map.groupBy(drafts, (one) => one.name);
  const problems: SbomProblem[] = [];
  for (const manifest of manifests) {
    for (const wanted of manifest.wanted) {
      const found = byName.get(wanted.name);
      if (found === undefined) problems.push(outOfStep(source, manifest, wanted));
      for (const one of found ?? []) one.direct = true;
    }
  }
  if (problems.length > 0) throw new Refusal(problems);
}

/**
 * Reads a requirements.in: what a project asks for, before versions are chosen.
 * @throws Refusal
 */
export function readRequirementsIn(source: SourceText): Manifest {
  const wanted = read(source).lines
    // a marker can leave a requirement out of the lock
    .filter(({ requirement }) => requirement.marker === null)
    .map(({ requirement: { name, range } }) => ({ name, range, group: 'PROD' as const }));
  return { source, kind: 'REQUIREMENTS_IN', name: null, wanted, workspaces: null, forced: new Set() };
}
