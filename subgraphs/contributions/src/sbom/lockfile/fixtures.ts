import { readFileSync, readdirSync } from 'node:fs';
import type { ParsedDocument, SbomPackage } from '../model.ts';
import { parseLockfiles } from './parse.ts';
import type { InputFile } from './parse.ts';

/** Help for the tests of this folder: the small repositories under `fixtures`, whose counts were made by hand. */
const folder = new URL('fixtures/', import.meta.url);

/** Files of one fixture; names are paths in it. */
export function fixture(name: string, ...paths: string[]): InputFile[] {
  return paths.map((path) => ({ name: path, bytes: readFileSync(new URL(`${name}/${path}`, folder)) }));
}

/** Every file of every fixture. */
export function allFixtures(): InputFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ name: entry.name, bytes: readFileSync(`${entry.parentPath}/${entry.name}`) }));
}

/** A file of the given text. */
export function file(name: string, text: string): InputFile {
  return { name, bytes: new TextEncoder().encode(text) };
}

/** Reads files that must be right. */
export function read(files: readonly InputFile[], manifests: readonly InputFile[] = []): ParsedDocument {
  const parsed = parseLockfiles(files, manifests);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems.slice(0, 5)));
  return parsed;
}

/** Why files are refused, as `line:column code reason`; empty when they are not. */
export function refusals(files: readonly InputFile[], manifests: readonly InputFile[] = []): string[] {
  const parsed = parseLockfiles(files, manifests);
  return 'problems' in parsed ? parsed.problems.map(({ file: name, line, column, code, reason }) => `${name}:${line ?? ''}:${column ?? ''} ${code} ${reason}`) : [];
}

/** The one package with this name. */
export function named(document: ParsedDocument, name: string): SbomPackage {
  const found = document.packages.filter((one) => one.name === name);
  if (found.length !== 1) throw new Error(`${found.length} packages are named ${name}`);
  return found[0]!;
}
