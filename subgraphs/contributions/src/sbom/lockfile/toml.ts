import { TomlError, parse } from 'smol-toml';
import { sbomLimits } from '../model.ts';
import { refuse } from './refusal.ts';
import { positionOf } from './text.ts';
import type { SourceText } from './text.ts';

/**
 * Parses TOML that may be hostile. Tables have no prototype.
 * @throws Refusal LIMIT or MALFORMED with the position.
 */
export function parseToml(source: SourceText): unknown {
  const { name, text } = source;
  checkKeys(source);
  try {
    return parse(text, { maxDepth: sbomLimits.depth, unsafeKeyBehaviour: 'keep' });
  } catch (error) {
    if (error instanceof TomlError) {
      const [reason] = error.message.split('\n');
      if (/nested/.test(reason!)) refuse(name, 'LIMIT', `Arrays and tables are nested more than ${sbomLimits.depth} deep.`, { line: error.line, column: error.column });
      refuse(name, 'MALFORMED', `The file is not TOML from here on: ${reason!.replace(/^Invalid TOML document: /, '')}.`, { line: error.line, column: error.column });
    }
    refuse(name, 'MALFORMED', 'The file is not TOML.');
  }
}

/** Most tables and lists of one file; an empty one costs many times its two characters. */
const CONTAINERS = 2_000_000;

/** The parser limits brackets but not dotted keys, and every dot is a table. */
function checkKeys({ name, text }: SourceText): void {
  let dots = 0;
  let containers = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '.') {
      if (++dots > sbomLimits.depth) refuse(name, 'LIMIT', `A key has more than ${sbomLimits.depth} parts.`, positionOf(text, at));
    } else if (char === '"' || char === "'") {
      at = endOfString(text, at, char);
    } else if (char === '\n' || char === '=' || char === ',' || char === '{' || char === '[') {
      dots = 0;
      if ((char === '{' || char === '[') && ++containers > CONTAINERS) refuse(name, 'LIMIT', `The file has more than ${CONTAINERS} tables and lists.`, positionOf(text, at));
    }
  }
}

/** Of a string on one line; the lines of a longer one are looked at like others. */
function endOfString(text: string, start: number, mark: string): number {
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at];
    if (char === mark || char === '\n') return at;
    if (char === '\\' && mark === '"') at++;
  }
  return text.length;
}
