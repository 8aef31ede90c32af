import { FAILSAFE_SCHEMA, YAMLException, loadAll } from 'js-yaml';
import { sbomLimits } from '../model.ts';
import { refuse } from './refusal.ts';
import { positionOf } from './text.ts';
import type { SourceText } from './text.ts';

/**
 * Parses the YAML documents of a lockfile that may be hostile. Every scalar stays text, so that version 1.10 is not 1.1; no
 * lockfile has aliases, so none are allowed and no bomb of them either.
 * @throws Refusal LIMIT or MALFORMED with the position.
 */
export function parseYaml(source: SourceText): unknown[] {
  const { name, text } = source;
  checkContainers(source);
  try {
    return loadAll(text, { schema: FAILSAFE_SCHEMA, maxDepth: sbomLimits.depth, maxAliases: 0 }) as unknown[];
  } catch (error) {
    if (!(error instanceof YAMLException)) refuse(name, 'MALFORMED', 'The file is not YAML.');
    const at = error.mark === undefined ? {} : { line: error.mark.line + 1, column: error.mark.column + 1 };
    if (/alias|depth|nesting/i.test(error.reason)) refuse(name, 'LIMIT', `The YAML is refused: ${error.reason}; lockfiles have no aliases and are nested at most ${sbomLimits.depth} deep.`, at);
    refuse(name, 'MALFORMED', `The file is not YAML from here on: ${error.reason}.`, at);
  }
}

/** Most brackets and commas of one file; an empty list costs many times its two characters. */
const MARKS = 4_000_000;

function checkContainers({ name, text }: SourceText): void {
  let marks = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if ((char === 0x7b || char === 0x5b || char === 0x2c) && ++marks > MARKS) refuse(name, 'LIMIT', `The file has more than ${MARKS} brackets and commas.`, positionOf(text, at));
  }
}
