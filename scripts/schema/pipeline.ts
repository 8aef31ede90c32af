import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HubDefinition } from '@hubgraph/kit/hub';
import { baseApi } from './base.ts';
import { readNamedBreaks, unnamedBreaks, type NamedBreak } from './breaking.ts';
import { API_PATH, buildSchemaFiles, type BuiltSchema } from './build.ts';
import { staleFiles, readOperations, writeFiles, type Stale } from './files.ts';
import { operationFaults } from './operations.ts';
import type { NamedConfig } from './references.ts';

/** What one run of the pipeline found. */
export interface PipelineReport {
  /** Paths that were written or removed; always empty when only checking. */
  readonly written: readonly string[];
  /** What is not as it should be; empty means all is well. Each is one sentence, with detail lines below it. */
  readonly faults: readonly string[];
  /** Odd but not wrong. */
  readonly hints: readonly string[];
}

/** The sources of a run. */
export interface PipelineInput {
  readonly root: string;
  readonly definitions: readonly HubDefinition[];
  readonly configs: readonly NamedConfig[];
  /** Write nothing; stale files and breaks against the commit that the work starts from are faults. */
  readonly check: boolean;
  /** Names every breaking change that is not named yet in `schema/breaking.json`, with this reason. */
  readonly accept?: { readonly reason: string; readonly since: string };
}

/**
 * Builds everything under `schema/` and the printed references, and writes them, unless a breaking change of the public API
 * is not named in `schema/breaking.json`; then nothing is written.
 */
export function runPipeline(input: PipelineInput): PipelineReport {
  let built: BuiltSchema;
  try {
    built = buildSchemaFiles(input.definitions, input.configs);
  } catch (error) {
    return { written: [], faults: [(error as Error).message], hints: [] };
  }
  if (input.accept !== undefined) nameBreaks(input, built, input.accept);
  const faults = [...unnamed(input, built).map(asFault), ...operationFaults(built.api, readOperations(input.root))];
  if (input.check) {
    return { written: [], faults: [...staleFiles(input.root, built.files).map(stale), ...faults], hints: built.hints };
  }
  if (faults.length > 0) return { written: [], faults, hints: built.hints };
  return { written: writeFiles(input.root, built.files), faults: [], hints: built.hints };
}

function breaksPath(root: string): string {
  return join(root, 'schema', 'breaking.json');
}

function namedBreaks(root: string): NamedBreak[] {
  return existsSync(breaksPath(root)) ? readNamedBreaks(readFileSync(breaksPath(root), 'utf8')) : [];
}

function unnamed({ root, check }: PipelineInput, built: BuiltSchema): string[] {
  const committed = existsSync(join(root, API_PATH)) ? readFileSync(join(root, API_PATH), 'utf8') : undefined;
  const befores = check ? [committed, baseApi(root, API_PATH)] : [committed];
  const after = built.files.get(API_PATH) as string;
  const named = namedBreaks(root);
  return [...new Set(befores.flatMap((before) => (before === undefined ? [] : unnamedBreaks(before, after, named))))];
}

function nameBreaks(input: PipelineInput, built: BuiltSchema, { reason, since }: { reason: string; since: string }): void {
  const fresh = unnamed(input, built).map((change) => ({ change, reason, since }));
  if (fresh.length > 0) writeFileSync(breaksPath(input.root), `${JSON.stringify([...namedBreaks(input.root), ...fresh], null, 2)}\n`);
}

function asFault(change: string): string {
  return `breaking: ${change} Undo it, or name it in schema/breaking.json; npm run schema -- --accept-breaking REASON does.`;
}

function stale({ path, state, lines }: Stale): string {
  const what = { missing: 'is missing', changed: 'is stale', 'left over': 'belongs to no hub any more' }[state];
  return [`${path} ${what}: run npm run schema.`, ...lines.map((line) => `    ${line}`)].join('\n');
}
