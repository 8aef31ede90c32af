import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isTestOnly, lineOf, sources, syntaxOf, type Findings, type Source, type SyntaxNode } from './tree.ts';

/** `any` in product code says beside it, or in the comment above, why nothing better is known. */
export function anys(root: string): Findings {
  const faults = sources(root).filter(({ path }) => !isTestOnly(path)).flatMap((source) => {
    const { nodes, comments } = syntaxOf(source);
    const explained = new Set(comments.flatMap(({ line, lines }) => [line + lines - 1, line + lines]));
    const lines = nodes.filter((node) => node.type === 'TSAnyKeyword').map(lineOf);
    return [...new Set(lines)].filter((line) => !explained.has(line)).map((line) => `${source.path}:${line}: any without a reason beside it`);
  });
  return { faults };
}

const MAX_LINES = 300;
const ENVIRONMENT_READERS = [/^scripts\/config\.ts$/, /^(gateway|kit|subgraphs\/[^/]+)\/src\/config\.ts$/];

/** Only `config.ts` files read the environment, and every setting that is declared is in docs/config.md. */
export function environment(root: string): Findings {
  const page = join(root, 'docs/config.md');
  const printed = existsSync(page) ? readFileSync(page, 'utf8') : '';
  const product = sources(root).filter(({ path }) => !isTestOnly(path));
  const readers = product.filter(({ path }) => !ENVIRONMENT_READERS.some((reader) => reader.test(path)));
  return {
    faults: [
      ...readers.flatMap((source) => syntaxOf(source).nodes.filter(readsEnvironment).map((node) => `${source.path}:${lineOf(node)}: reads the environment; only config.ts files may`)),
      ...product.flatMap((source) => syntaxOf(source).nodes.flatMap(declaredSettings).filter((name) => !printed.includes(`\`${name}\``))
        .map((name) => `${source.path}: ${name} is not in docs/config.md; run npm run schema, or name the file in scripts/schema/configs.ts`)),
    ],
  };
}

function declaredSettings(node: SyntaxNode): string[] {
  if (node.type !== 'CallExpression' || (node.callee as { name?: string }).name !== 'defineConfig') return [];
  const [table] = node.arguments as { properties?: { key?: { name?: string } }[] }[];
  return (table?.properties ?? []).map((property) => property.key?.name).filter((name) => name !== undefined);
}

function readsEnvironment(node: SyntaxNode): boolean {
  const named = (value: unknown, name: string) => (value as { name?: string } | undefined)?.name === name;
  if (node.type === 'MemberExpression') return named(node.object, 'process') && (named(node.property, 'env') || (node.property as { value?: unknown }).value === 'env');
  if (node.type === 'VariableDeclarator') return named(node.init, 'process') && ((node.id as { properties?: { key?: unknown }[] }).properties ?? []).some((property) => named(property.key, 'env'));
  if (node.type === 'ImportSpecifier') return named(node.imported, 'env');
  return false;
}

const SUPPRESSION = /^\s*(oxlint-disable|eslint-disable|@ts-expect-error|@ts-ignore|@ts-nocheck)/;

/** Whoever switches a rule off says why, in the same comment. */
export function suppressions(root: string): Findings {
  const faults = sources(root).flatMap((source) => syntaxOf(source).comments.filter(({ text }) => SUPPRESSION.test(text) && !hasReason(text)).map(({ text, line }) => `${source.path}:${line}: ${text.trim().split(/\s/)[0]} without a reason`));
  return { faults };
}

function hasReason(comment: string): boolean {
  if (/^\s*@ts-(ignore|nocheck)/.test(comment)) return false; // the directive that expects an error notices when it is not needed any more
  const reason = /^\s*@ts-expect-error\s+(.*)$/s.exec(comment)?.[1] ?? /\s--\s+(.*)$/s.exec(comment)?.[1] ?? '';
  return reason.trim().length >= 8;
}

/** Files stay short enough to read at once; a longer one says in its first lines why (`Longer than 300 lines: ...`). */
export function lengths(root: string): Findings {
  const warnings = sources(root).filter((source) => lineCount(source) > MAX_LINES && !excused(source)).map((source) => `${source.path}: has ${lineCount(source)} lines; split it by noun, or say in its first lines why it is longer than ${MAX_LINES} lines`);
  return { faults: [], warnings };
}

function lineCount({ text }: Source): number {
  return text.split('\n').length - 1;
}

function excused({ text }: Source): boolean {
  return /longer than 300 lines/i.test(text.split('\n').slice(0, 10).join('\n'));
}

const LEFT_OPEN = /\b(TODO|FIXME|XXX)\b/;
const SKIPPED = new Set(['skip', 'only', 'todo', 'fails']);

/** Nothing is left open: no TODO, no test that is skipped or runs alone. */
export function leftOpen(root: string): Findings {
  const faults = sources(root).filter(({ path }) => !path.startsWith('scripts/check/')).flatMap((source) => {
    const { nodes, comments } = syntaxOf(source);
    const notes = comments.filter(({ text }) => LEFT_OPEN.test(text)).map(({ line }) => `${source.path}:${line}: a comment leaves something open`);
    const tests = isTestOnly(source.path) ? nodes.filter(isSkippedTest).map((node) => `${source.path}:${lineOf(node)}: a test is skipped or runs alone`) : [];
    return [...notes, ...tests];
  });
  return { faults };
}

function isSkippedTest(node: SyntaxNode): boolean {
  if (node.type !== 'MemberExpression') return false;
  const object = (node.object as { name?: string }).name ?? '';
  return ['it', 'test', 'describe'].includes(object) && SKIPPED.has((node.property as { name?: string }).name ?? '');
}
