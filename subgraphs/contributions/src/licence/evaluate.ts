import { classOf, classOfUnlisted, isCopyleft, rankOf, softens } from './classes.ts';
import type { LicenceClass } from './classes.ts';
import { readExpression, shorten, writeExpression, writeLicence } from './expression.ts';
import type { Expression, Licence } from './expression.ts';

/** One licence of an expression, judged. */
export interface JudgedLicence extends Licence {
  /** As it stands in an expression, such as `GPL-2.0-only WITH Classpath-exception-2.0`. */
  readonly name: string;
  readonly class: LicenceClass;
  readonly copyleft: boolean;
  /** An exception made a strong copyleft weak. */
  readonly softened: boolean;
}

/** One way to comply: the licences that then hold together. */
export interface LicenceBranch {
  readonly expression: string;
  /** Of the licence that asks for the most. */
  readonly class: LicenceClass;
  /** Whether any licence of the branch is copyleft, also one beside a licence that nobody has classified. */
  readonly copyleft: boolean;
  readonly licences: readonly JudgedLicence[];
}

/** What a declared licence means for the one who uses the package. */
export interface LicenceEvaluation {
  readonly declared: string | null;
  /** The expression in the list's case; null when nothing that can be read is declared. */
  readonly expression: string | null;
  readonly class: LicenceClass;
  readonly copyleft: boolean;
  /** The choices that OR leaves; a single one without OR, none without an expression. */
  readonly branches: readonly LicenceBranch[];
  /** The branch that asks for the least; `class` and `copyleft` are its own. Null when there is none. */
  readonly effective: LicenceBranch | null;
  /** Why the class is not what the words suggest: one sentence. */
  readonly problem?: string;
}

/** So many choices are listed one by one; of more, the parts of the outermost OR are. */
const MOST_BRANCHES = 32;

/**
 * Judges a declared licence: OR takes the branch that asks for the least, AND the licence that asks for the most, WITH may
 * soften a strong copyleft to a weak one. Never throws and never guesses: what cannot be read is UNKNOWN, and what is named
 * but not in the data UNCLASSIFIED, which both rank behind every known class.
 */
export function evaluateLicence(declared: string | null): LicenceEvaluation {
  const text = declared?.trim() ?? '';
  const special = evaluateWords(declared, text);
  if (special !== undefined) return special;
  const read = readExpression(text);
  if ('problem' in read) return unlisted(declared, text) ?? without(declared, 'UNKNOWN', read.problem);
  const effective = best(read.expression);
  return {
    declared,
    expression: writeExpression(read.expression),
    class: effective.class,
    copyleft: effective.copyleft,
    branches: choices(read.expression),
    effective,
    ...(effective.licences.some(({ class: name }) => name === 'UNCLASSIFIED') ? { problem: `Nobody has classified ${names(effective.licences.filter((one) => one.class === 'UNCLASSIFIED'))}.` } : {}),
  };
}

/** Words that stand where an expression is expected but are none; they must not reach any library that guesses. */
function evaluateWords(declared: string | null, text: string): LicenceEvaluation | undefined {
  if (text === '') return without(declared, 'UNKNOWN', 'No licence is declared.');
  const upper = text.toUpperCase();
  if (upper === 'NONE' || upper === 'NOASSERTION') return without(declared, 'UNKNOWN', `${upper} says that no licence is known.`);
  // npm's word for "all rights reserved"; one letter from Unlicense, which is the opposite
  if (upper === 'UNLICENSED' || upper === 'PROPRIETARY') return without(declared, 'PROPRIETARY', `${text} grants no rights.`);
  if (/^SEE LICEN[CS]E IN\b/.test(upper)) return without(declared, 'UNKNOWN', `The licence stands in a file only: ${shorten(text)}.`);
  return undefined;
}

function unlisted(declared: string | null, text: string): LicenceEvaluation | undefined {
  const found = classOfUnlisted(text);
  if (found === undefined || found.class === 'PERMISSIVE') return undefined;
  const licence: JudgedLicence = { id: found.name.replace(/\+$/, ''), orLater: found.name.endsWith('+'), exception: null, name: found.name, class: found.class, copyleft: isCopyleft(found.class), softened: false };
  const { class: name, copyleft } = licence;
  return { declared, expression: null, class: name, copyleft, branches: [], effective: { expression: found.name, class: name, copyleft, licences: [licence] }, problem: `${found.name} is no SPDX id; it names no version.` };
}

function without(declared: string | null, name: LicenceClass, problem: string): LicenceEvaluation {
  return { declared, expression: null, class: name, copyleft: false, branches: [], effective: null, problem };
}

function judge(licence: Licence): JudgedLicence {
  const own = licence.id.includes('Ref-') ? 'UNCLASSIFIED' : classOf(licence.id);
  const softened = own === 'STRONG_COPYLEFT' && licence.exception !== null && softens(licence.exception);
  // never below weak: an exception lets others link, the code itself stays under its licence
  // and an addition that nobody has read may take rights away
  const name = licence.exception?.includes('AdditionRef-') && rankOf(own) < rankOf('UNCLASSIFIED') ? 'UNCLASSIFIED' : softened ? 'WEAK_COPYLEFT' : own;
  return { ...licence, name: writeLicence(licence), class: name, copyleft: isCopyleft(own), softened: softened || /^GPL-.*-with-/.test(licence.id) };
}

function branchOf(licences: readonly JudgedLicence[]): LicenceBranch {
  const distinct = [...new Map(licences.map((one) => [one.name, one])).values()];
  const worst = distinct.reduce((a, b) => (rankOf(b.class) > rankOf(a.class) ? b : a));
  return { expression: distinct.map(({ name }) => name).join(' AND '), class: worst.class, copyleft: distinct.some(({ copyleft }) => copyleft), licences: distinct };
}

function best(expression: Expression): LicenceBranch {
  if ('licence' in expression) return branchOf([judge(expression.licence)]);
  const parts = expression.parts.map(best);
  return expression.operator === 'AND' ? branchOf(parts.flatMap(({ licences }) => licences)) : parts.reduce((a, b) => (compare(b, a) < 0 ? b : a));
}

/**
 * Less is asked by the branch whose worst licence ranks lower, then whose second worst does, and so on; what is left is
 * decided by the text, so that the order of writing never matters.
 */
function compare(a: LicenceBranch, b: LicenceBranch): number {
  const [left, right] = [a, b].map(({ licences }) => licences.map((one) => rankOf(one.class)).toSorted((x, y) => y - x)) as [number[], number[]];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  const [one, other] = [a, b].map(({ licences }) => licences.map(({ name }) => name).toSorted().join()) as [string, string];
  return one < other ? -1 : one > other ? 1 : 0;
}

function choices(expression: Expression): readonly LicenceBranch[] {
  const count = (one: Expression): number => ('licence' in one ? 1 : one.parts.map(count).reduce((a, b) => (one.operator === 'OR' ? a + b : a * b)));
  if (count(expression) <= MOST_BRANCHES) return dedupe(expand(expression).map(branchOf));
  return 'parts' in expression && expression.operator === 'OR' ? dedupe(expression.parts.map(best)) : [best(expression)];
}

function expand(expression: Expression): readonly (readonly JudgedLicence[])[] {
  if ('licence' in expression) return [[judge(expression.licence)]];
  const parts = expression.parts.map(expand);
  return expression.operator === 'OR' ? parts.flat() : parts.reduce((all, part) => all.flatMap((left) => part.map((right) => [...left, ...right])));
}

function dedupe(branches: readonly LicenceBranch[]): readonly LicenceBranch[] {
  return [...new Map(branches.map((branch) => [branch.expression, branch])).values()];
}

function names(licences: readonly JudgedLicence[]): string {
  return licences.map(({ name }) => name).join(', ');
}
