import { decode, encode, rfc8949EncodeOptions } from 'cborg';

/** Levels of objects and lists within each other that a value may have. */
const MAX_DEPTH = 32;
/** Values of every kind, keys included, that one value may hold. */
const MAX_VALUES = 100_000;
/** Problems that are told at once. */
const MAX_PROBLEMS = 20;

/**
 * Why a value has no one canonical form, one sentence for each place; empty when it has one.
 *
 * It may hold what JSON can and PostgreSQL keeps. Numbers with a fraction are fine; an integer beyond 2^53-1 is refused,
 * since readers of JSON round it silently, and -0 is 0. Keys must be in NFC, so that no two look alike; texts are kept as they are.
 */
export function jsonProblems(value: unknown, where = ''): string[] {
  const problems: string[] = [];
  let left = MAX_VALUES;
  const visit = (one: unknown, path: string, depth: number): void => {
    if (problems.length >= MAX_PROBLEMS || left < 0) return;
    left -= 1;
    if (left < 0) return void problems.push(`${where || '/'} holds more than ${MAX_VALUES} values.`);
    if (depth > MAX_DEPTH) return void problems.push(`${shown(path)} lies more than ${MAX_DEPTH} levels deep.`);
    if (one === null || typeof one === 'boolean') return;
    if (typeof one === 'string') return void textProblem(one, problems, shown(path));
    if (typeof one === 'number') return void numberProblem(one, problems, shown(path));
    if (Array.isArray(one)) return one.forEach((item, index) => visit(item, `${path}/${index}`, depth + 1));
    if (typeof one !== 'object' || !isPlain(one)) return void problems.push(`${shown(path)} is nothing that JSON has.`);
    for (const [key, item] of Object.entries(one)) {
      const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (key === '__proto__') problems.push(`${shown(at)} is no name that is safe everywhere.`);
      else if (key.normalize('NFC') !== key) problems.push(`The key ${shown(at)} is not in Unicode normal form NFC.`);
      textProblem(key, problems, `The key ${shown(at)}`);
      visit(item, at, depth + 1);
    }
  };
  visit(value, where, 0);
  return problems;
}

function textProblem(text: string, problems: string[], where: string): void {
  if (text.includes('\0')) problems.push(`${where} has a NUL character.`);
  if (!text.isWellFormed()) problems.push(`${where} is not valid Unicode.`);
}

function numberProblem(number: number, problems: string[], where: string): void {
  if (!Number.isFinite(number)) problems.push(`${where} is not a finite number.`);
  else if (Number.isInteger(number) && !Number.isSafeInteger(number)) problems.push(`${where} is an integer beyond 2^53-1, which readers of JSON round: write it as a text.`);
}

function shown(path: string): string {
  const text = path === '' ? '/' : JSON.stringify(path.toWellFormed()).slice(1, -1);
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Canonical CBOR (RFC 8949, 4.2.1, core deterministic) of a value of {@link jsonProblems}'s kind, byte strings and `bigint`s. */
export function encodeCanonical(value: unknown): Uint8Array {
  return encode(value, rfc8949EncodeOptions);
}

/** Reads CBOR that holds nothing but what canonical values hold; whether the bytes are canonical shows by encoding again. @throws Error */
export function decodeCanonical(bytes: Uint8Array): unknown {
  return decode(bytes, { strict: true, allowIndefinite: false, allowUndefined: false, allowNaN: false, allowInfinity: false, allowBigInt: false, rejectDuplicateMapKeys: true });
}
