import parse from 'spdx-expression-parse';
import type { Parsed } from 'spdx-expression-parse';
import exceptionIds from 'spdx-exceptions/index.json' with { type: 'json' };
import licenceIds from 'spdx-license-ids/index.json' with { type: 'json' };
import deprecatedIds from 'spdx-license-ids/deprecated.json' with { type: 'json' };

/** One licence as it is named in an expression. */
export interface Licence {
  /** In the list's case, without `+`; `LicenseRef-` and `DocumentRef-…:LicenseRef-` as given. */
  readonly id: string;
  readonly orLater: boolean;
  /** What follows WITH: a listed exception, or an `AdditionRef-`. */
  readonly exception: string | null;
}

/** An SPDX expression; parts of AND and OR are two or more, and never of the same operator as the whole. */
export type Expression = { readonly licence: Licence } | { readonly operator: 'AND' | 'OR'; readonly parts: readonly Expression[] };

/** Bounds of what is parsed: no licence of a real package comes near, and the parser calls itself. */
export const expressionLimits = { characters: 8_192, depth: 64 } as const;

const byLowerCase = (ids: readonly string[]) => new Map(ids.map((id) => [id.toLowerCase(), id]));
const licences = byLowerCase([...licenceIds, ...deprecatedIds]);
const exceptions = byLowerCase(exceptionIds);

/** Reads an expression. Ids and operators may be in any case; ids must be on SPDX's list or be a `LicenseRef-`. */
export function readExpression(text: string): { readonly expression: Expression } | { readonly problem: string } {
  if (text.length > expressionLimits.characters) return { problem: `The licence expression has ${text.length} characters; at most ${expressionLimits.characters} are read.` };
  const words = wordsOf(text);
  if ('problem' in words) return words;
  const additions = hideAdditions(words.words);
  try {
    return { expression: flatten(parse(additions.text), additions.hidden) };
  } catch {
    // the library's own words name neither place nor remedy
    return { problem: `Not a licence expression: "${shorten(text)}" joins its licences wrongly; write such as "MIT OR (Apache-2.0 AND BSD-3-Clause)".` };
  }
}

/** The expression as text, with no parentheses but those it needs. */
export function writeExpression(expression: Expression): string {
  if ('licence' in expression) return writeLicence(expression.licence);
  return expression.parts.map((part) => ('operator' in part && part.operator === 'OR' ? `(${writeExpression(part)})` : writeExpression(part))).join(` ${expression.operator} `);
}

export function writeLicence({ id, orLater, exception }: Licence): string {
  return `${id}${orLater ? '+' : ''}${exception === null ? '' : ` WITH ${exception}`}`;
}

export function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** Words in the list's case. The library's scanner knows one case only and reads past characters it does not know. */
function wordsOf(text: string): { readonly words: readonly string[] } | { readonly problem: string } {
  const words: string[] = [];
  let depth = 0;
  for (const { 0: word, index } of text.matchAll(/[()]|\+|[A-Za-z0-9.-]+(?::[A-Za-z0-9.-]+)?|\S/g)) {
    const refuse = (reason: string) => ({ problem: `Not a licence expression: ${reason} (character ${index + 1} of "${shorten(text)}").` });
    if (word === '(') depth += 1;
    else if (word === ')') depth -= 1;
    if (depth > expressionLimits.depth) return refuse(`parentheses are nested more than ${expressionLimits.depth} deep`);
    if (word === ')' && words.at(-1) === '(') return refuse('these parentheses are empty');
    if (word === '+' && (index === 0 || /[\s()+]/.test(text[index - 1] ?? ''))) return refuse('"+" must follow a licence');
    const known = word.length === 1 && '()+'.includes(word) ? word : spell(word, words.at(-1) === 'WITH');
    if (known === undefined) return refuse(`"${shorten(word)}" is not on the SPDX list`);
    words.push(known);
  }
  return { words };
}

function spell(word: string, afterWith: boolean): string | undefined {
  const lower = word.toLowerCase();
  if (lower === 'and' || lower === 'or' || lower === 'with') return lower.toUpperCase();
  if (afterWith) return exceptions.get(lower) ?? (/^(?:documentref-[^:]+:)?additionref-[^:]+$/i.test(word) ? prefixes(word) : undefined);
  return licences.get(lower) ?? (/^(?:documentref-[^:]+:)?licenseref-[^:]+$/i.test(word) ? prefixes(word) : undefined);
}

function prefixes(word: string): string {
  return word.replace(/^documentref-/i, 'DocumentRef-').replace(/(^|:)licenseref-/i, '$1LicenseRef-').replace(/(^|:)additionref-/i, '$1AdditionRef-');
}

/** The library does not know AdditionRef: such a licence goes through it under another name. */
function hideAdditions(words: readonly string[]): { readonly text: string; readonly hidden: ReadonlyMap<string, Licence> } {
  let standIn = 'LicenseRef-added';
  while (words.some((word) => word.startsWith(standIn))) standIn += 'x';
  const hidden = new Map<string, Licence>();
  const out: string[] = [];
  for (const word of words) {
    const id = out.at(-2) ?? '';
    if (/(?:^|:)AdditionRef-/.test(word) && out.at(-1) === 'WITH' && /^[^()]/.test(id) && !hidden.has(id)) {
      out.splice(-2);
      const name = `${standIn}-${hidden.size}`;
      hidden.set(name, { id: id.replace(/\+$/, ''), orLater: id.endsWith('+'), exception: word });
      out.push(name);
    } else if (word === '+') {
      out.push(`${out.pop() ?? ''}+`);
    } else {
      out.push(word);
    }
  }
  return { text: out.join(' '), hidden };
}

function flatten(parsed: Parsed, hidden: ReadonlyMap<string, Licence>): Expression {
  if ('license' in parsed) return { licence: hidden.get(parsed.license) ?? { id: parsed.license, orLater: parsed.plus === true, exception: parsed.exception ?? null } };
  const operator = parsed.conjunction === 'and' ? 'AND' : 'OR';
  const sides = [flatten(parsed.left, hidden), flatten(parsed.right, hidden)];
  return { operator, parts: sides.flatMap((side) => ('operator' in side && side.operator === operator ? side.parts : [side])) };
}
