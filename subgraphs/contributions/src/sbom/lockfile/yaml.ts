import { FAILSAFE_SCHEMA, YAMLException, loadAll } from 'js-yaml';
import { sbomLimits } from '../model.ts';
import { refuse } from './refusal.ts';
import type { SourceText } from './text.ts';

/**
 * Parses the YAML documents of a lockfile that may be hostile. Every scalar stays text, so that version 1.10 is not 1.1; no
 * lockfile has aliases, so none are allowed and no bomb of them either.
 * @throws Refusal LIMIT or MALFORMED with the position.
 */
export function parseYaml({ name, text }: SourceText): unknown[] {
  try {
    return loadAll(text, { schema: FAILSAFE_SCHEMA, maxDepth: sbomLimits.depth, maxAliases: 0 }) as unknown[];
  } catch (error) {
    if (!(error instanceof YAMLException)) refuse(name, 'MALFORMED', 'The file is not YAML.');
    const at = error.mark === undefined ? {} : { line: error.mark.line + 1, column: error.mark.column + 1 };
    if (/alias|depth|nesting/i.test(error.reason)) refuse(name, 'LIMIT', `The YAML is refused: ${error.reason}; lockfiles have no aliases and are nested at most ${sbomLimits.depth} deep.`, at);
    refuse(name, 'MALFORMED', `The file is not YAML from here on: ${error.reason}.`, at);
  }
}
