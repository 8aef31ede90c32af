// Values as files write them: nulls, times, amounts, words.
import { DecimalError, format, parse, parseRounded, storable } from '../money/decimal.ts';
import type { Decimal } from '../model/index.ts';
import { BadRow } from './entry.ts';

/** In characters. What is indexed has to fit an index entry of PostgreSQL. */
export const LONGEST_NAME = 500;
const LONGEST_TEXT = 10_000;

const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|z|UTC|GMT|[+-]\d\d:?\d\d)?$/;
const PLAIN = /^-?(0|[1-9]\d{0,19})(\.\d{0,17}[1-9])?$/;

/** The text, or null for what stands for nothing: an empty cell, `NULL`, `\N`. */
export function cleaned(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  const trimmed = text.trim();
  return trimmed === '' || trimmed === 'NULL' || trimmed === 'null' || trimmed === 'Null' || trimmed === '\\N' ? null : trimmed;
}

/** A text of bounded length. @throws BadRow */
export function bounded(name: string, text: string | null, longest = LONGEST_TEXT): string | null {
  if (text !== null && text.length > longest) throw new BadRow(`${name} has ${text.length} characters; at most ${longest} are kept.`);
  return text;
}

/** What must be there. @throws BadRow */
export function required<Value>(name: string, value: Value | null): Value {
  if (value === null) throw new BadRow(`${name} is missing.`);
  return value;
}

/** An amount of money: exact, or refused. @throws BadRow */
export function amount(name: string, text: string | null): Decimal | null {
  if (text === null) return null;
  if (PLAIN.test(text) && text !== '-0') return text;
  return decimal(name, () => storable(format(parse(text))));
}

/** A number that is no sum of money, or a float where it comes from: what is behind the 18th place is rounded, half to even. @throws BadRow */
export function measure(name: string, text: string | null): Decimal | null {
  if (text === null) return null;
  if (PLAIN.test(text) && text !== '-0') return text;
  return decimal(name, () => storable(format(parseRounded(text, 'half-even'))));
}

function decimal(name: string, read: () => Decimal): Decimal {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecimalError) throw new BadRow(`${name}: ${error.message}`);
    throw error;
  }
}

/** Times repeat from row to row: reading one is remembered. */
const times = new Map<string, string | null>();
const MOST_TIMES = 20_000;

/** A time as RFC 3339 in UTC; without a zone it is UTC, without a time of day it is midnight. @throws BadRow */
export function time(name: string, text: string | null): string | null {
  if (text === null) return null;
  let known = times.get(text);
  if (known === undefined) {
    known = timeOf(text);
    if (times.size >= MOST_TIMES) times.clear();
    // a copy: a piece of the file's text would keep all of that in memory
    times.set(Buffer.from(text).toString(), known);
  }
  if (known === null) throw new BadRow(`${name} is not a time such as 2024-09-01T00:00:00Z.`);
  return known;
}

function timeOf(text: string): string | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const moment = new Date(local);
  // a day that the calendar does not have would be moved to the next month
  if (Number.isNaN(moment.getTime()) || moment.toISOString() !== local || year === '0000') return null;
  const offset = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (offset === null) return local;
  const minutes = Number(offset[2]) * 60 + Number(offset[3]);
  const utc = new Date(moment.getTime() - (offset[1] === '-' ? -minutes : minutes) * 60_000).toISOString();
  return utc.length === 24 ? utc : null;
}

/** A currency code of ISO 4217, in capitals. @throws BadRow */
export function currency(name: string, text: string | null): string | null {
  if (text === null) return null;
  if (!/^[A-Za-z]{3}$/.test(text)) throw new BadRow(`${name} is not a currency such as USD.`);
  return text.toUpperCase();
}

/** Whole numbers of tokens. @throws BadRow */
export function count(name: string, text: unknown): bigint {
  if (text == null) return 0n;
  if (typeof text !== 'string' || !/^\d{1,18}$/.test(text)) throw new BadRow(`${name} is not a whole number of tokens.`);
  return BigInt(text);
}

/** Reads words whose spelling varies: `Usage-based` is `Usage-Based`. */
export function speller(words: readonly string[]): (text: string) => string | undefined {
  const fold = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const known = new Map(words.flatMap((word) => [[word, word], [fold(word), word]]));
  return (text) => known.get(text) ?? known.get(fold(text));
}
