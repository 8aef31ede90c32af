import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One generated file that is not on disk as it should be. */
export interface Stale {
  readonly path: string;
  readonly state: 'missing' | 'changed' | 'left over';
  /** Lines that come (`+`) and go (`-`), a few of them. */
  readonly lines: readonly string[];
}

const SHOWN_LINES = 8;

/** Compares what should be there with what is. Files of hubs that are gone count as left over. */
export function staleFiles(root: string, files: ReadonlyMap<string, string>): Stale[] {
  const stale: Stale[] = [];
  for (const [path, wanted] of files) {
    const full = join(root, path);
    if (!existsSync(full)) stale.push({ path, state: 'missing', lines: [] });
    else if (readFileSync(full, 'utf8') !== wanted) stale.push({ path, state: 'changed', lines: difference(readFileSync(full, 'utf8'), wanted) });
  }
  for (const path of leftOver(root, files)) stale.push({ path, state: 'left over', lines: [] });
  return stale;
}

/** Writes what is stale and removes what is left over; returns the paths it touched. */
export function writeFiles(root: string, files: ReadonlyMap<string, string>): string[] {
  const stale = staleFiles(root, files);
  for (const { path, state } of stale) {
    const full = join(root, path);
    if (state === 'left over') {
      rmSync(full);
      continue;
    }
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, files.get(path) as string);
  }
  return stale.map(({ path }) => path);
}

/** The hand-written operations under `schema/operations`, by path. */
export function readOperations(root: string): Map<string, string> {
  const folder = join(root, 'schema', 'operations');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.graphql')).sort() : [];
  return new Map(names.map((name) => [`schema/operations/${name}`, readFileSync(join(folder, name), 'utf8')]));
}

function leftOver(root: string, files: ReadonlyMap<string, string>): string[] {
  const folder = join(root, 'schema', 'hubs');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => `schema/hubs/${name}`).filter((path) => !files.has(path)).sort();
}

/** Lines that only one of two texts has: enough to see what a stale file is about, where a real diff would be `git diff`. */
function difference(before: string, after: string): string[] {
  const count = (text: string) => {
    const lines = new Map<string, number>();
    for (const line of text.split('\n')) lines.set(line, (lines.get(line) ?? 0) + 1);
    return lines;
  };
  const [old, fresh] = [count(before), count(after)];
  const only = (mine: Map<string, number>, other: Map<string, number>, mark: string) => [...mine].filter(([line, times]) => times > (other.get(line) ?? 0)).map(([line]) => `${mark} ${line.trim()}`);
  const lines = [...only(old, fresh, '-'), ...only(fresh, old, '+')];
  const rest = lines.length - SHOWN_LINES;
  if (lines.length === 0) return ['the same lines in another order'];
  return rest > 0 ? [...lines.slice(0, SHOWN_LINES), `... and ${rest} more lines`] : lines;
}
