import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve, win32 } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_PATH_BYTES, pathConflict, pathProblem } from './path.ts';

/** Leave the folder, or mean something else somewhere. */
const hostile = [
  '', '.', '..', './a', 'a/.', 'a/./b', '../a', 'a/../../b', 'a/..', '../../../../etc/passwd', '....//....//etc/passwd/..', '...', 'a/.../b',
  '/', '/etc/passwd', '//server/share/a', '\\\\server\\share\\a', '\\a', 'a\\b', '..\\..\\windows\\win.ini', 'a/..\\b', '\\\\?\\C:\\a', '\\\\.\\PhysicalDrive0', '//?/C:/a', '//./COM1',
  'C:', 'C:a', 'C:/a', 'C:\\a', 'c:/windows/system32', 'file:///etc/passwd', 'http://127.0.0.1/a', 'a.txt:stream', 'a.txt::$DATA', 'a/C:/b',
  'a//b', 'a/', '//', 'a/b//', 'a\0', 'a\0.png', '../\0a', 'a\nb', 'a\rb', 'a\tb', 'a\u001b[2Jb', 'a\u007fb', 'a\u0085b', 'a\u009bb',
  'CON', 'con', 'con.txt', 'a/NUL', 'nul.tar.gz', 'PRN', 'AUX.c', 'COM1', 'com9.log', 'LPT1', 'lpt3.x', 'COM¹', 'LPT².txt', 'ＣＯＮ', 'conin$', 'CONOUT$', 'CLOCK$', 'nul .txt', 'com0',
  'a.', 'a/b.', 'a ', 'a /b', 'a. ', '.. /a', '.. ', 'a?', 'a*', 'a|b', 'a<b', 'a>b', '"a"',
  '%2e%2e/a', '..%2fa', '%2e%2e%2fetc%2fpasswd', '%252e%252e/a', '%25252e/a', 'a%5cb', 'a%00.txt', 'a%0d%0ab', '%c0%ae%c0%ae/a', '%c0%afetc', '%e0%80%af', '%f0%80%80%af',
  '．．/a', '‥/a', '․․/a', 'a／b', '．．／etc', 'a＼b', 'a∕b', 'a⁄b', '..∕..∕a', 'a∖b', '…', '℀',
  'a\u202egnp.exe', 'a\u200bb', '\ufeffa', 'a\u2028b', 'a\u2066b', 'a\u00adb', 'a\u{e0041}b', 'a\ufffe', 'a\u{1ffff}',
  'e\u0301.txt', '\u212b', 'a\ud800', '\udc00a', '~/a', '~root/.ssh/authorized_keys',
  '.hubgraph', '.hubgraph/manifest.cbor', '.HUBGRAPH/manifest.cbor', '．hubgraph/x', '.hub\u200cgraph/x', '.hubgraph\u200d', 'nu\u200cl.txt', '.\u200d.', 'a/'.repeat(512) + 'a', 'a'.repeat(256), 'é'.repeat(128), `${'a'.repeat(200)}/`.repeat(6),
];

const good = [
  'run.json', 'reports/assessment-package.json', '.env.example', '.gitignore', 'a/.hidden/b', 'a..b', '..a', 'a/..b/c', '...a', 'a b/c d.txt', 'ein Bericht über Öl.pdf', '日本語/報告.txt', '報告：一.txt', 'отчёт.md', 'क्षेत्र.txt', 'می‌خواهم.txt', '👩‍💻.txt',
  'a/b/c/d/e/f/g.txt', 'node_modules/@scope/x/index.js', 'a+b=c,d;e&f.txt', "it's", '(1).log', '[a]{b}.txt', '#1', '100%', '50%.txt', '%zz', 'a%20b', '~', 'a~', '~$draft.docx', '-rf', '--', '$HOME', '`id`', 'console.log', 'com', 'com10', 'lpt', 'nullable.ts', 'auxiliary/prn-1', 'LICENSE', 'Makefile', '.hubgraphs', 'x/.hubgraph/y', '½.txt', 'a'.repeat(255), `${'a'.repeat(127)}/`.repeat(7) + 'a'.repeat(128),
];

test('there are enough hostile paths, each another one', () => {
  expect(new Set(hostile).size).toBe(hostile.length);
  expect(hostile.length).toBeGreaterThanOrEqual(60);
});
test.for(hostile)('%j is refused', (path) => expect(pathProblem(path)).toBeTypeOf('string'));
test.for(good)('%j is a logical path', (path) => expect(pathProblem(path)).toBeNull());

test('a path may have as many bytes as are allowed, and none more', () => {
  const most = `${'é'.repeat(100)}/`.repeat(5) + 'é'.repeat(9) + 'a';
  expect(Buffer.byteLength(most)).toBe(MAX_PATH_BYTES);
  expect([pathProblem(most), pathProblem(`${most}a`)]).toEqual([null, 'it has more than 1024 bytes']);
});

/** Mostly of what paths go wrong by, so that many are nearly right. */
const anyPath = fc.oneof(
  fc.array(fc.constantFrom('.', '..', '/', '\\', 'a', 'b.txt', ':', '~', ' ', '%2e', '%', '\0', 'é', 'e\u0301', 'con', '-'), { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')),
  fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/')),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

test('what is accepted stays inside of any folder, on every system, and is in normal form', () => {
  const root = mkdtempSync(join(tmpdir(), 'hubgraph-paths-'));
  try {
    let accepted = 0;
    fc.assert(fc.property(anyPath, (path) => {
      if (pathProblem(path) !== null) return;
      accepted += 1;
      for (const folder of [root, '/', '/srv/a b']) expect(relative(folder, resolve(folder, path))).toBe(path);
      expect(win32.relative('D:\\store', win32.resolve('D:\\store', path)).replaceAll('\\', '/')).toBe(path);
      expect(win32.isAbsolute(path)).toBe(false);
      expect(path.normalize('NFC')).toBe(path);
      expect(new URL(path.split('/').map(encodeURIComponent).join('/'), 'http://h/p/').pathname.split('/').slice(2).map(decodeURIComponent).join('/')).toBe(path);
    }), { numRuns: 5_000 });
    expect(accepted).toBeGreaterThan(500);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('a hostile path is refused in no time, however long', () => {
  const began = performance.now();
  for (const path of ['a'.repeat(10_000_000), '%25'.repeat(340), '../'.repeat(340), 'e\u0301'.repeat(340)]) expect(pathProblem(path)).not.toBeNull();
  expect(performance.now() - began).toBeLessThan(500);
});

test('paths that cannot be in one folder are told', () => {
  expect(pathConflict(['a', 'b/c', 'b/d', 'b-e', 'a.b'])).toBeNull();
  expect(pathConflict(['a', 'b', 'a'])).toBe('a is there twice.');
  expect(pathConflict(['a/b/c', 'a-b', 'a/b'])).toBe('a/b is a file and a folder at once.');
  expect(pathConflict(['a', 'a-b', 'a/b/c/d'])).toBe('a is a file and a folder at once.');
});
