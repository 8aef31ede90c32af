// From bytes to text: UTF-8 (or what a mapping names), nothing replaced silently.
import { BrokenFile, type Bytes } from './entry.ts';

/** Encodings that files may have. */
export const ENCODINGS = ['utf-8', 'iso-8859-1', 'windows-1252'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/**
 * The text of a byte stream, chunk by chunk, without a byte order mark.
 *
 * @throws BrokenFile when the bytes are not of the encoding, or hold NUL characters
 */
export async function* textOf(bytes: Bytes, encoding: Encoding = 'utf-8'): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for await (const chunk of bytes) yield checked(decoder.decode(chunk, { stream: true }));
    yield checked(decoder.decode());
  } catch (error) {
    if (error instanceof TypeError) throw new BrokenFile(`The file is not ${encoding.toUpperCase()}.`);
    throw error;
  }
}

function checked(text: string): string {
  if (text.includes('\0')) throw new BrokenFile('The file holds NUL characters: is it UTF-16 or compressed? Convert it to UTF-8 text.');
  return text;
}
