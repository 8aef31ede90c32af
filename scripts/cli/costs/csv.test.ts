import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvLine } from './csv.ts';

describe('lines of CSV', () => {
  it('are read back as they were, but for the guard', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 6 }), (texts) => {
      const [cells] = parse(csvLine([{ text: 'x', ours: true }, ...texts.map((text) => ({ text, ours: false }))]), { bom: false }) as string[][];
      expect(cells!.slice(1).map((cell) => cell.replace(/^'(?=\s*[=+\-@＝＋－＠]|[\t\r\n])/u, ''))).toEqual(texts.map((text) => text.replace(/^'(?=\s*[=+\-@＝＋－＠]|[\t\r\n])/u, '')));
    }));
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '  =1', '＝1', '=HYPERLINK("http://x","y")', '-2+3+cmd|\' /C calc\'!A0'])('guard %j', (text) => {
    expect(csvLine([{ text, ours: false }]).replace(/^"/, '').startsWith('\'')).toBe(true);
  });

  it('leave numbers of ours and harmless text alone', () => {
    expect(csvLine([{ text: '-0.75', ours: true }, { text: 'Amazon S3', ours: false }, { text: 'a,b', ours: false }])).toBe('-0.75,Amazon S3,"a,b"\r\n');
  });
});
