import { isUuid } from '@hubgraph/kit/ids';
import { badCharacter } from '@hubgraph/kit/front-matter/source';
import { itemsOf, offsetOf, readText, textOf } from '@hubgraph/kit/front-matter/yaml';
import type { Field, Fields, Fragment } from '@hubgraph/kit/front-matter/yaml';
import { WORKSTREAM_CODE } from './codes.ts';
import { limits } from './model.ts';
import type { Problem } from './model.ts';
import type { Words } from './words.ts';

/** Reads the fields of one mapping, reporting what is wrong with each, and remembers which were asked for. */
export class FieldReader {
  readonly fragment: Fragment;
  readonly fields: Fields;
  readonly #asked = new Set<string>();
  readonly #refused = new Set<string>();

  constructor(fragment: Fragment, fields: Fields) {
    this.fragment = fragment;
    this.fields = fields;
  }

  raw(key: string): Field | undefined {
    this.#asked.add(key);
    return this.fields.byKey.get(key);
  }

  /** Reports at the value of `key`, or at the mapping when it is not there. */
  refuse(key: string, reason: string): undefined {
    const field = this.fields.byKey.get(key);
    this.#refused.add(key);
    this.fragment.source.report((field && (offsetOf(this.fragment, field.value) ?? field.at)) ?? this.fields.at, reason);
  }

  /** `value` itself; when it is undefined and nothing was said about it yet, that the field is missing. */
  required<T>(key: string, value: T | undefined): T | undefined {
    return value === undefined && !this.#refused.has(key) ? this.refuse(key, `${key} is missing.`) : value;
  }

  /** Free text; undefined when absent or empty. */
  text(key: string, longest: number = limits.fileBytes): string | undefined {
    const field = this.raw(key);
    if (field === undefined) return undefined;
    const before = this.fragment.source.problems.length;
    const text = readText(this.fragment, field, longest);
    if (this.fragment.source.problems.length > before) this.#refused.add(key);
    return text;
  }

  /** Text of one line. */
  line(key: string, longest: number = limits.line): string | undefined {
    return this.text(key, longest)?.replace(/\s+/g, ' ');
  }

  shaped(key: string, shape: RegExp, like: string): string | undefined {
    const text = this.line(key);
    return text === undefined || shape.test(text) ? text : this.refuse(key, `${key} is ${quote(text)}; it must be ${like}.`);
  }

  word<Canonical extends string>(key: string, words: Words<Canonical>): Canonical | undefined {
    const text = this.line(key);
    return text === undefined ? undefined : (words.read(text) ?? this.refuse(key, `${key} is ${quote(text)}; allowed are ${words.allowed}.`));
  }

  integer(key: string): number | undefined {
    const text = this.shaped(key, /^-?\d{1,9}$/, 'a whole number');
    return text === undefined ? undefined : Number(text);
  }

  /** A day; a time behind it is dropped. */
  date(key: string): string | undefined {
    const text = this.line(key);
    if (text === undefined) return undefined;
    const day = /^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$/.exec(text)?.[1];
    return day !== undefined && isDay(day) ? day : this.refuse(key, `${key} is ${quote(text)}; it must be a day such as 2026-05-14.`);
  }

  uuid(key: string): string | undefined {
    const text = this.line(key);
    return text === undefined || isUuid(text) ? text?.toLowerCase() : this.refuse(key, `${key} is ${quote(text)}; it must be a UUID.`);
  }

  /** One workstream code or a list of them; an empty list when the key stands there with nothing. */
  codes(key: string): readonly string[] | undefined {
    const texts = this.texts(key);
    const wrong = texts?.find((text) => !WORKSTREAM_CODE.test(text));
    if (wrong !== undefined) return this.refuse(key, `${key} names ${quote(wrong)}; it must name codes such as CUST-WP-0040.`);
    return texts && [...new Set(texts)];
  }

  /** One text or a list of them. */
  texts(key: string): readonly string[] | undefined {
    const field = this.raw(key);
    if (field === undefined) return undefined;
    const items = itemsOf(this.fragment, field.value);
    if (items === undefined) {
      const text = this.line(key);
      return text === undefined ? [] : [text];
    }
    if (items.length > limits.tasks) return this.refuse(key, `${key} has ${items.length} items; at most ${limits.tasks} are read.`);
    const texts = items.map((item) => textOf(this.fragment, item));
    if (texts.some((text) => text === undefined || badCharacter(text) !== undefined)) return this.refuse(key, `${key} must be a list of plain texts.`);
    return texts.flatMap((text) => (text ? [text.replace(/\s+/g, ' ')] : []));
  }

  /** Keys that nothing asked for. */
  unread(known: readonly string[] = []): Problem[] {
    const { source } = this.fragment;
    const others = [...this.fields.byKey.values()].filter(({ key }) => !this.#asked.has(key) && !known.includes(key));
    return others.map(({ key, at }) => ({ file: source.path, line: source.line(at), reason: `Nothing reads the key ${quote(key)}.` }));
  }
}

/** Whether `day`, of the form `YYYY-MM-DD`, is in the calendar. */
export function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(day);
}

/** A word of the file for a message: in quotes, short, on one line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
