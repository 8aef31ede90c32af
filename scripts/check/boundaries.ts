import { posix } from 'node:path';
import { isTestOnly, sources, syntaxOf, type Findings, type Source, type SyntaxNode } from './tree.ts';

/** What a file of one part may import of other parts. Everything may import packages from npm, but Prisma. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  kit: ['kit'],
  gateway: ['gateway', 'kit', 'schema'],
  client: ['client'], // for browsers, and for those who have nothing else of ours
  subgraphs: ['kit'], // and itself
  scripts: ['scripts', 'kit', 'gateway', 'subgraphs', 'schema', 'prisma'],
  test: ['test', 'scripts', 'kit', 'gateway', 'client', 'subgraphs', 'schema', 'prisma'],
  bench: ['bench', 'test', 'scripts', 'kit', 'gateway', 'client', 'subgraphs', 'schema', 'prisma'],
};

/** Rules and formats without a database. */
const PURE = ['content', 'evidence', 'gate', 'alert', 'inventory', 'money', 'import', 'attribution', 'forecast'];

/** What a file of a hub may import of its own hub. A role that is not listed may import all but `subgraph` and `main`. */
const ROLES: Readonly<Record<string, readonly string[]>> = {
  manifest: [],
  model: [],
  config: [],
  errors: ['model'],
  lifecycle: ['model', 'errors'],
  events: ['manifest', 'model', 'errors'],
  store: ['manifest', 'model', 'errors', 'config', 'lifecycle', 'sbom', 'licence', ...PURE], // for the facts that guards ask for
  commands: ['manifest', 'model', 'errors', 'config', 'lifecycle', 'events', 'store', 'workplan', 'contrib', 'sbom', 'licence', ...PURE, 'storage'],
  graphql: ['manifest', 'model', 'errors', 'config', 'lifecycle', 'events', 'store', 'commands', 'workplan', 'contrib', 'sbom', 'licence', ...PURE, 'storage', 'transfer'],
  ...Object.fromEntries(PURE.map((role) => [role, ['model', ...PURE]])),
  storage: ['model', 'config', 'content'],
  client: ['model', 'content', 'inventory'], // runs outside of the hub
};

/** The direction of imports, as in docs: one sentence for each that goes the wrong way. */
export function boundaries(root: string): Findings {
  const faults = new Set<string>();
  for (const source of sources(root)) {
    for (const specifier of importsOf(source)) {
      const fault = judge(source.path, specifier);
      if (fault !== undefined) faults.add(`${source.path}: ${fault}`);
    }
  }
  return { faults: [...faults] };
}

/** Everything that a file imports, for its values or only for its types. */
export function importsOf(source: Source): string[] {
  return syntaxOf(source).nodes.map(specifierOf).filter((specifier) => specifier !== undefined);
}

function specifierOf(node: SyntaxNode): string | undefined {
  if (['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration', 'ImportExpression'].includes(node.type)) return literal(node.source);
  if (node.type === 'TSImportType') return literal(node.argument) ?? literal(node.source) ?? literal((node.argument as SyntaxNode | undefined)?.literal);
  if (node.type === 'CallExpression') {
    const callee = node.callee as SyntaxNode;
    const called = callee.type === 'Import' || (callee.type === 'Identifier' && callee.name === 'require');
    return called ? literal((node.arguments as unknown[])[0]) : undefined;
  }
  return undefined;
}

function literal(node: unknown): string | undefined {
  const { type, value } = (node ?? {}) as { type?: string; value?: unknown };
  return type === 'StringLiteral' ? String(value) : undefined;
}

function judge(from: string, specifier: string): string | undefined {
  const prisma = isPrismaPackage(specifier);
  const to = prisma ? 'prisma/' : resolve(from, specifier);
  if (to === undefined) return undefined;
  const part = from.split('/')[0] as string;
  const target = to.split('/')[0] as string;
  if (target === 'test' && isTestOnly(from)) return undefined;
  if (part === 'subgraphs') return judgeHub(from, to, target);
  // a test beside the code may use the tools that tests are made of
  const allowed = isTestOnly(from) && !['kit', 'gateway', 'bench'].includes(part) ? PARTS.test : PARTS[part];
  if (allowed?.includes(target)) return undefined;
  return prisma ? `${part}/ may not use Prisma` : `${part}/ may not import ${target}/`;
}

function judgeHub(from: string, to: string, target: string): string | undefined {
  const [, hub] = from.split('/') as [string, string];
  if (target === 'prisma') {
    const own = to === 'prisma/' || to.startsWith(`prisma/${hub}/`);
    if (!own) return `${hub} may not use the database of another hub (${to})`;
    return roleOf(from) === 'store' || isTestOnly(from) ? undefined : `${roleOf(from)} may not import Prisma, only store may`;
  }
  if (target === 'subgraphs') {
    if (to.split('/')[1] !== hub) return `${hub} may not import ${to.split('/')[1]}, another hub`;
    const [role, wanted] = [roleOf(from), roleOf(to)];
    if (isTestOnly(from) || role === wanted || role === 'main') return undefined;
    const allowed = ROLES[role];
    if (allowed === undefined ? wanted !== 'main' && (role === 'subgraph' || wanted !== 'subgraph') : allowed.includes(wanted)) return undefined;
    return `${role} may not import ${wanted}`;
  }
  return PARTS.subgraphs?.includes(target) ? undefined : `${from.split('/')[0]}/ may not import ${target}/`;
}

function isPrismaPackage(specifier: string): boolean {
  return specifier === 'prisma' || specifier.startsWith('prisma/') || specifier.startsWith('@prisma/');
}

/** The file that a specifier names, by its path from the root; undefined for packages from npm and Node's own. */
function resolve(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), specifier));
  const [, name, rest] = /^@hubgraph\/([^/]+)(?:\/(.*))?$/.exec(specifier) ?? [];
  if (name === undefined) return undefined;
  const folder = ['kit', 'gateway', 'client'].includes(name) ? name : `subgraphs/${name}`;
  return `${folder}/src/${rest ?? (folder.startsWith('subgraphs') ? 'subgraph' : name)}.ts`;
}

/** `store` for both `src/store.ts` and `src/store/task.ts`. */
function roleOf(path: string): string {
  const [, , , role = ''] = path.split('/');
  return role.replace(/(\.[a-z-]+)*\.ts$/, '');
}
