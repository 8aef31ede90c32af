import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HubDefinition } from '@hubgraph/kit/hub';
import { baseApi } from './base.ts';
import { readNamedBreaks, unnamedBreaks } from './breaking.ts';
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
  const faults = [...breakFaults(input, built), ...operationFaults(built.api, readOperations(input.root))];
  if (input.check) {
    return { written: [], faults: [...staleFiles(input.root, built.files).map(stale), ...faults], hints: built.hints };
  }
  if (faults.length > 0) return { written: [], faults, hints: built.hints };
  return { written: writeFiles(input.root, built.files), faults: [], hints: built.hints };
}

function breakFaults({ root, check }: PipelineInput, built: BuiltSchema): string[] {
  const list = join(root, 'schema', 'breaking.json');
  const named = existsSync(list) ? readNamedBreaks(readFileSync(list, 'utf8')) : [];
  const committed = existsSync(join(root, API_PATH)) ? readFileSync(join(root, API_PATH), 'utf8') : undefined;
  const befores = check ? [committed, baseApi(root, API_PATH)] : [committed];
  const after = built.files.get(API_PATH) as string;
  const breaks = new Set(befores.flatMap((before) => (before === undefined ? [] : unnamedBreaks(before, after, named))));
  return [...breaks].map((change) => `breaking: ${change} Undo it, or name it in schema/breaking.json: ${JSON.stringify({ change, reason: '...', since: '...' })}`);
}

function stale({ path, state, lines }: Stale): string {
  const what = { missing: 'is missing', changed: 'is stale', 'left over': 'belongs to no hub any more' }[state];
  return [`${path} ${what}: run npm run schema.`, ...lines.map((line) => `    ${line}`)].join('\n');
}
