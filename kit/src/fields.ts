import { invalidField, type MutationErrorData } from './refusal.ts';

/** In characters: a name or title fits a line, a text a few pages. */
export const MAX_LINE = 500;
export const MAX_TEXT = 50_000;
const MAX_SLUG = 100;
const MAX_LINK = 2_000;

/** Lower-case words of any script and digits, with single dashes between them. */
const SLUG = /^[\p{Ll}\p{Lo}\p{M}\p{N}]+(-[\p{Ll}\p{Lo}\p{M}\p{N}]+)*$/u;

/** Whether a text can be a slug. Only the composed form (NFC) counts, so that what looks the same is the same. */
export function isSlug(text: string): boolean {
  return text.length <= MAX_SLUG && SLUG.test(text) && text === text.normalize('NFC');
}

/** What is wrong with a new slug. */
export function slugProblems(slug: string, path: readonly string[] = ['slug']): MutationErrorData[] {
  return isSlug(slug) ? [] : [invalidField(path, `A slug is lower-case words with dashes between them, at most ${MAX_SLUG} characters, in Unicode's composed form (NFC).`)];
}

/** What is wrong with a name or title that must be there; `undefined` in an update means that it stays. */
export function lineProblems(field: string, line: string | null | undefined): MutationErrorData[] {
  return line === undefined || (line !== null && line.trim() !== '' && line.length <= MAX_LINE) ? [] : [invalidField([field], `This has 1 to ${MAX_LINE} characters.`)];
}

/** What is wrong with texts that may be missing. */
export function textProblems(texts: Readonly<Record<string, string | null | undefined>>, most = MAX_TEXT): MutationErrorData[] {
  return Object.entries(texts).flatMap(([field, text]) => (text != null && text.length > most ? [invalidField([field], `This has at most ${most} characters.`)] : []));
}

/** Whether a text is a link that people may follow: http or https, at most 2,000 characters, without a user or password in it. */
export function isLink(text: string): boolean {
  const url = text.length <= MAX_LINK ? URL.parse(text) : null;
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === '';
}

/** What is wrong with links that may be missing. Clients show them and events may carry them, so neither scripts nor credentials hide in one. */
export function linkProblems(links: Readonly<Record<string, string | null | undefined>>): MutationErrorData[] {
  return Object.entries(links).flatMap(([field, link]) => (link == null || isLink(link) ? [] : [invalidField([field], `A link is http or https, without credentials, and has at most ${MAX_LINK} characters.`)]));
}
