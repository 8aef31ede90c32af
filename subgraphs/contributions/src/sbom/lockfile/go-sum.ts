import type { SbomProblem } from '../model.ts';
import { checkCount, draft } from './draft.ts';
import type { Draft, Reading } from './draft.ts';
import type { GoMod, GoRequire } from './manifest/go-mod.ts';
import { Refusal, refuse } from './refusal.ts';
import type { SourceText } from './text.ts';

const LINE = /^(\S+) (v[^\s/]+)(\/go\.mod)? (h\d+:[A-Za-z0-9+/]+=*)$/;

/**
 * Reads a go.sum: the modules whose code it vouches for. A module of which it knows the go.mod alone was looked at when
 * versions were chosen, and is not built. What is direct only the go.mod tells; Go has no development dependencies.
 * @throws Refusal
 */
export function readGoSum(source: SourceText, manifest: GoMod | null): Reading {
  const hashes = new Map<string, string>();
  const drafts = new Map<string, Draft>();
  let entryCount = 0;
  for (const [index, raw] of source.text.split('\n').entries()) {
    const text = raw.trim();
    if (text === '') continue;
    entryCount++;
    const at = { line: index + 1, column: 1 };
    const match = LINE.exec(text);
    if (match === null) refuse(source.name, 'MALFORMED', 'The line is not "module version hash".', at);
    const [, path, version, isGoMod, hash] = match as unknown as [string, string, string, string | undefined, string];
    const key = `${path}@${version}${isGoMod ?? ''}`;
    const known = hashes.get(key);
    if (known !== undefined && known !== hash && known.slice(0, 3) === hash.slice(0, 3)) refuse(source.name, 'INVALID', `The file has two hashes of ${key}.`, at);
    hashes.set(key, hash);
    if (isGoMod !== undefined || drafts.has(key)) continue;
    drafts.set(key, draft({ id: key, ecosystem: 'golang', name: path, version, source: { kind: 'REGISTRY' }, thirdParty: true, integrity: hash, needles: [`${path} ${version} `] }));
    if (drafts.size % 10_000 === 0) checkCount(source, 'packages', drafts.size);
  }
  if (manifest !== null) nameDirect(source, manifest, hashes, drafts);
  return { kind: 'GO_SUM', formatVersion: null, entryCount, drafts: [...drafts.values()], notices: [] };
}

function nameDirect(source: SourceText, manifest: GoMod, hashes: ReadonlyMap<string, string>, drafts: ReadonlyMap<string, Draft>): void {
  const problems: SbomProblem[] = [];
  for (const one of drafts.values()) one.direct = false;
  for (const wanted of manifest.requires) {
    const used = replaced(manifest, wanted);
    if (used === null) continue;
    const key = `${used.path}@${used.version}`;
    // what no package of the build needs has the hash of its go.mod only
    if (!hashes.has(key) && !hashes.has(`${key}/go.mod`)) {
      problems.push({ file: source.name, path: key, reason: `The lock is out of step with ${manifest.source.name}: it has no hash of ${key}, required in line ${wanted.line}. Run "go mod tidy" and ingest again.`, code: 'OUT_OF_STEP' });
    }
    const one = drafts.get(key);
    if (one !== undefined && wanted.direct) one.direct = true;
  }
  if (problems.length > 0) throw new Refusal(problems);
}

/** The module that stands in for a required one; null for a folder, which needs no hash. */
function replaced({ replaces }: GoMod, { path, version }: GoRequire): { path: string; version: string } | null {
  const exact = replaces.get(`${path}@${version}`);
  if (exact !== undefined) return exact;
  const any = replaces.get(path);
  return any === undefined ? { path, version } : any;
}
