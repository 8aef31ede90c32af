import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SECRETS } from './secret.fixture.ts';
import { SECRET_RULES } from './secret-rules.ts';
import { HARMLESS } from './harmless.fixture.ts';
import { secretIn, secretWithin } from './secret.ts';

test(`${SECRETS.length} shapes of real tokens are found, alone and within other text`, () => {
  expect(SECRETS.length).toBeGreaterThanOrEqual(80);
  expect(new Set(SECRETS.map(([name]) => name)).size).toBe(SECRETS.length);
  const missed = SECRETS.flatMap(([name, secret]) => [secret, `see ${secret} there`, `(${secret})`, `{"value":"${secret}"}`, `x=${secret}`].filter((text) => secretIn(text) === null).map(() => name));
  expect(missed).toEqual([]);
});

test(`${HARMLESS.length} harmless values are not taken for secrets`, () => {
  expect(HARMLESS.length).toBeGreaterThanOrEqual(80);
  expect(new Set(HARMLESS).size).toBe(HARMLESS.length);
  const refused = HARMLESS.flatMap((value) => [value, `see ${value} there`, `id=${value}`].flatMap((text) => { const kind = secretIn(text); return kind === null ? [] : [`${text}: ${kind}`]; }));
  expect(refused).toEqual([]);
});

/** Bytes that are as random as keys are; fast-check's own lean to what is simple, which keys never are. */
const bytes = fc.tuple(fc.nat(), fc.integer({ min: 32, max: 96 })).map(([seed, length]) => ({ length, raw: Buffer.concat([1, 2].map((part) => createHash('sha512').update(`${seed} ${part}`).digest())) }));

test('random keys of 32 letters and more are found, but for one in some thousands', () => {
  let [keys, missed] = [0, 0];
  fc.assert(fc.property(bytes, fc.constantFrom('base64', 'base64url'), ({ raw, length }, encoding) => {
    keys += 1;
    if (secretIn(raw.toString(encoding).slice(0, length)) === null) missed += 1;
  }), { numRuns: 20_000 });
  expect(keys).toBe(20_000);
  // measured: 4 in 10,000 at 32 letters, none at 64; a key without pieces cannot be told from words
  expect(missed).toBeLessThan(20);
});

test('hexadecimal keys are found at every length that is no digest\'s, and digests are not', () => {
  const digests = [32, 40, 56, 64, 96, 128];
  fc.assert(fc.property(bytes, ({ raw, length }) => {
    const text = raw.toString('hex').slice(0, length);
    expect(secretIn(text) === null).toBe(digests.includes(length));
  }), { numRuns: 2_000 });
  fc.assert(fc.property(bytes, fc.constantFrom('sha1', 'sha256', 'sha384', 'sha512', 'md5'), ({ raw }, algorithm) => {
    const digest = createHash(algorithm).update(raw);
    const hex = digest.copy().digest('hex');
    for (const text of [hex, `${algorithm}:${hex}`, `ghcr.io/org/app@${algorithm}:${hex}`]) expect(secretIn(text)).toBeNull();
    if (algorithm === 'sha512' || algorithm === 'sha384') expect(secretIn(`${algorithm}-${digest.digest('base64')}`)).toBeNull();
  }), { numRuns: 500 });
});

test('what words name as a secret is one, unless it was taken out', () => {
  const name = ['pass', 'word'].join('');
  for (const text of [`${name}=hunter2x`, `${name}: "tr0ub4dor&3"`, `api_key=abc123def`, `client-secret => Xy7zzzzq`, `?token=9f8e7d6c5b`]) expect([text, secretIn(text)]).toEqual([text, expect.any(String)]);
  for (const text of [`${name}: \${DB_PASSWORD}`, 'token: expired', 'secret: [redacted]', 'token=********', 'api_key: <removed>', 'the token was missing', 'secretName: orders-db']) expect([text, secretIn(text)]).toEqual([text, null]);
});

test('a secret is found however deep, and its place is told without its text', () => {
  const secret = SECRETS[0]![1];
  expect(secretWithin({ a: [{ b: 'fine' }, { c: secret }] })).toEqual({ path: ['a', '1', 'c'], kind: expect.any(String) });
  const inKey = secretWithin({ a: { fine: 1, [secret]: 1 } });
  expect(inKey?.path).toEqual(['a', '1']);
  expect(JSON.stringify(inKey)).not.toContain(secret);
  expect(secretWithin({ a: ['fine', 1, null, true] })).toBeNull();
});

test('no rule is slow on long texts that nearly match', () => {
  for (const text of ['a'.repeat(60_000), 'eyJ'.repeat(20_000), '-----BEGIN '.repeat(5_000), 'a:'.repeat(30_000), 'Bearer '.repeat(8_000), 'https://'.repeat(7_000), '0'.repeat(60_000), 'token=\u2022'.repeat(8_000), `${'a.'.repeat(29_000)}`, 'A1'.repeat(30_000), ' machine x login y'.repeat(3_000)]) {
    const from = performance.now();
    secretIn(text);
    expect([text.slice(0, 12), performance.now() - from < 1_500]).toEqual([text.slice(0, 12), true]);
  }
  expect(secretIn('x '.repeat(40_000))).toBe('text too long to look through');
});

test('every rule says what it finds and where its shape is written down', () => {
  expect(SECRET_RULES.filter(({ kind, source, pattern }) => kind === '' || source === '' || pattern.global || pattern.sticky)).toEqual([]);
});
