import { expect, test } from 'vitest';
import { badText, badTexts } from './text.ts';

test('ordinary text of any script is kept', () => {
  expect(badText('naïve 日本語 🙂 \n')).toBeNull();
});

test('NUL and half pairs are named with their path, in order', () => {
  const value = { title: 'a\0b', list: ['fine', '\ud83d', { deep: '\ude42' }], when: new Date(0), nothing: null };
  expect(badTexts(value).map((problem) => problem.path)).toEqual([['title'], ['list', '1'], ['list', '2', 'deep']]);
});

test('keys of objects count as text of the object', () => {
  expect(badTexts({ details: { 'a\0': 1 } }).map((problem) => problem.path)).toEqual([['details']]);
});

test('what is nested too deep is refused instead of overflowing the stack', () => {
  let value: unknown = 'x';
  for (let depth = 0; depth < 100_000; depth++) value = [value];
  expect(badTexts({ details: value })).toEqual([{ path: ['details', '0', '0'], message: 'The value is nested deeper than 64 levels.' }]);
});

test('a flood of problems is cut', () => {
  expect(badTexts(Array.from({ length: 1000 }, () => '\0'))).toHaveLength(20);
});
