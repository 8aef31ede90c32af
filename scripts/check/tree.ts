import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@babel/parser';

/** Folders that hold code of ours. */
const FOLDERS = ['kit', 'gateway', 'client', 'subgraphs', 'scripts', 'test', 'bench'];
const SKIPPED = new Set(['node_modules', 'generated', 'templates', 'fixtures', 'dist']);

/** What one check found. */
export interface Findings {
  /** One sentence each, such as `subgraphs/x/src/lifecycle.ts: lifecycle may not import store`. Any of them fails the check. */
  readonly faults: readonly string[];
  /** Worth a look, fails nothing. */
  readonly warnings?: readonly string[];
}

/** A check over the tree at `root`. */
export type Check = (root: string) => Findings | Promise<Findings>;

/** One TypeScript file, by its path from the root with forward slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file of ours, sorted by path; generated code and templates are left out. */
export function sources(root: string): Source[] {
  const found: Source[] = [];
  const walk = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) walk(path);
      } else if (entry.name.endsWith('.ts')) {
        found.push({ path, text: readFileSync(join(root, path), 'utf8') });
      }
    }
  };
  for (const folder of FOLDERS) if (existsSync(join(root, folder))) walk(folder);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Whether a file is only there for tests or measurements: it may do what product code may not. */
export function isTestOnly(path: string): boolean {
  return /\.(test|test-d|bench|contract|fixture)\.ts$/.test(path) || /^(test|bench)\//.test(path) || /^[^/]+\/test\//.test(path) || /^subgraphs\/[^/]+\/test\//.test(path);
}

/** A node of the syntax tree, as far as the checks look into it. */
export interface SyntaxNode {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A comment, the line that it begins in, and how many it takes. */
export interface Comment {
  readonly text: string;
  readonly line: number;
  readonly lines: number;
}

/** The syntax of a file: every node once, parents first, and its comments. */
export interface Syntax {
  readonly nodes: readonly SyntaxNode[];
  readonly comments: readonly Comment[];
}

// several checks look at the same files, and parsing is what takes the time
const parsed = new Map<string, Syntax>();

/** Parses a file, once per text. @throws SyntaxError naming file and place. */
export function syntaxOf(source: Source): Syntax {
  let syntax = parsed.get(source.text);
  if (syntax === undefined) parsed.set(source.text, (syntax = parseSource(source)));
  return syntax;
}

function parseSource({ path, text }: Source): Syntax {
  const file = parse(text, { sourceType: 'module', plugins: ['typescript'], sourceFilename: path });
  const nodes: SyntaxNode[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (value === null || typeof value !== 'object' || !('type' in value)) return;
    const node = value as SyntaxNode;
    nodes.push(node);
    for (const [key, child] of Object.entries(node)) if (key !== 'loc' && !key.endsWith('Comments')) walk(child);
  };
  walk(file.program);
  return { nodes, comments: (file.comments ?? []).map((comment) => ({ text: comment.value, line: comment.loc?.start.line ?? 0, lines: comment.value.split('\n').length })) };
}

/** The line that a node begins in. */
export function lineOf(node: SyntaxNode): number {
  return (node.loc as { start: { line: number } } | undefined)?.start.line ?? 0;
}
