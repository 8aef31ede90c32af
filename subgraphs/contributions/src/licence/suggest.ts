import correct from 'spdx-correct';
import { evaluateLicence } from './evaluate.ts';
import { readExpression, writeExpression } from './expression.ts';

/** What a text probably means; only for a person to confirm, nothing is ever counted by it. */
export interface LicenceSuggestion {
  readonly expression: string;
  /** What the person should look at before confirming. */
  readonly note: string;
}

const LONGEST = 300;
const LATER = /or[- ](?:later|newer|any later)|any later|\+/i;

/**
 * Suggests an expression for a text that is none. Undefined when the text is an expression already, says that there is no
 * licence, or when the guess contradicts the text: spdx-correct overlooks versions, exceptions, "Lesser" and "Distribution".
 */
export function suggestLicence(text: string): LicenceSuggestion | undefined {
  const trimmed = text.replace(/\s+/g, ' ').trim();
  if (trimmed === '' || trimmed.length > LONGEST) return undefined;
  const { expression, class: name } = evaluateLicence(trimmed);
  if (expression !== null || name === 'PROPRIETARY') return undefined;
  if (/\b(?:unlicensed|proprietary|commercial|all rights reserved|none|noassertion|see licen[cs]e)\b/i.test(trimmed)) return undefined;
  // Cargo's old way to write OR
  const parts = trimmed.split(/\s*\/\s*|\s+or\s+(?!later|newer|any|\(at)/i);
  const guesses = parts.map(guess);
  if (parts.length > 1) {
    const joined = [...new Set(guesses)];
    return joined.includes(undefined) ? undefined : { expression: joined.join(' OR '), note: `"${trimmed}" names several licences; check that one may choose.` };
  }
  const [only] = guesses;
  return only === undefined ? undefined : { expression: only, note: noteOf(trimmed, only) };
}

function guess(text: string): string | undefined {
  let found: string | null;
  try {
    // upgrade would turn GPL-2.0 into GPL-2.0-or-later
    found = correct(text, { upgrade: false });
  } catch {
    return undefined;
  }
  const read = found === null ? undefined : readExpression(found);
  if (read === undefined || 'problem' in read) return undefined;
  const expression = sayVersion(writeExpression(read.expression), text);
  return contradicts(text, expression) ? undefined : expression;
}

/** The GNU ids without "only" or "or later" are deprecated, because nobody knew which of the two they meant. */
function sayVersion(expression: string, text: string): string {
  const [, base] = /^((?:A|L)?GPL-\d+\.\d+)(?:-only|-or-later|\+)?$/.exec(expression) ?? [];
  return base === undefined ? expression : `${base}${LATER.test(text) ? '-or-later' : '-only'}`;
}

function contradicts(text: string, expression: string): boolean {
  const said = versionsOf(text);
  const meant = versionsOf(expression);
  const gnu = /\bGPL|GFDL|AGPL|LGPL/.test(expression);
  if (said.length > 0 && meant.length > 0 && !meant.some((one) => said.includes(one))) return true;
  // which version of the GPL holds is a legal claim
  if (gnu && said.length === 0) return true;
  if (/exception|\bwith\b/i.test(text) && !/ WITH /.test(expression)) return true;
  if (/\b(?:lesser|library)\b|lgpl/i.test(text) && !/LGPL/.test(expression)) return true;
  if (/affero|agpl/i.test(text) && !/AGPL/.test(expression)) return true;
  return /distribution\s+licen[cs]e|\bEDL\b/i.test(text) && /EPL/.test(expression);
}

function noteOf(text: string, expression: string): string {
  return versionsOf(text).length === 0 && versionsOf(expression).length > 0 ? `"${text}" names no version; check it.` : `Read from "${text}"; check the licence text.`;
}

function versionsOf(text: string): readonly string[] {
  return [...text.matchAll(/\d+(?:\.\d+)*/g)].map(([version]) => version.replace(/(?:\.0)+$/, ''));
}
