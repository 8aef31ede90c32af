import { expect, it } from 'vitest';
import { parseLockfiles } from './parse.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const lock = { name: 'locks/web.lock', bytes: bytes('# yarn lockfile v1\n\n\nleft-pad@^1.0.0:\n  version "1.3.0"\n  resolved "https://example.org/left-pad-1.3.0.tgz"\n') };

it('takes a manifest that comes alone for the root\'s, wherever it was kept', () => {
  const fitting = parseLockfiles([lock], [{ name: 'locks/manifests/web.json', bytes: bytes('{"name":"web","dependencies":{"left-pad":"^1.0.0"}}') }]);
  expect(fitting).toMatchObject({ counts: { entryCount: 1, directCount: 1, prodCount: 1 } });
  const other = parseLockfiles([lock], [{ name: 'locks/manifests/web.json', bytes: bytes('{"name":"web","dependencies":{"left-pad":"^2.0.0"}}') }]);
  expect(other).toMatchObject({ problems: [{ reason: expect.stringContaining('left-pad@^2.0.0 is missing') }] });
});

it('refuses a file of which nothing but its name could make requirements', () => {
  expect(parseLockfiles([{ name: 'notes.txt', bytes: bytes('hello\n') }])).toMatchObject({ problems: [{ file: 'notes.txt', line: 1 }] });
  expect(parseLockfiles([{ name: 'requirements.txt', bytes: bytes('flask==3.0.0\n') }])).toMatchObject({ counts: { entryCount: 1 } });
});
