import { expect, it } from 'vitest';
import { suggestLicence } from './suggest.ts';

it.each([
  ['Apache License, Version 2.0', 'Apache-2.0'],
  ['Apache 2', 'Apache-2.0'],
  ['The MIT License', 'MIT'],
  ['MIT/Apache-2.0', 'MIT OR Apache-2.0'],
  ['MIT / X11 or GPLv2', 'MIT OR X11 OR GPL-2.0-only'],
  ['MPL 1.1', 'MPL-1.1'],
  ['Eclipse Public License v1.0', 'EPL-1.0'],
  ['GPLv2', 'GPL-2.0-only'],
  ['GPL v3 or later', 'GPL-3.0-or-later'],
  ['GNU LESSER GENERAL PUBLIC LICENSE, Version 2.1', 'LGPL-2.1-only'],
  ['BSD', 'BSD-2-Clause'],
  // what spdx-correct gets wrong
  ['UNLICENSED', undefined],
  ['Unlicensed, all rights reserved', undefined],
  ['GNU General Public License, Version 2 with the Classpath Exception', undefined],
  ['CDDL + GPLv2 with classpath exception', undefined],
  ['Eclipse Distribution License - v 1.0', undefined],
  ['Eclipse Distribution License', undefined],
  ['GNU Lesser General Public Licence', undefined],
  ['GNU General Public License', undefined],
  // nothing to suggest
  ['MIT', undefined],
  ['mit', undefined],
  ['SEE LICENSE IN LICENSE', undefined],
  ['NONE', undefined],
  ['', undefined],
  ['x'.repeat(1_000), undefined],
  ['Bouncy Castle Licence', undefined],
])('%s', (text, expression) => {
  expect(suggestLicence(text)?.expression).toBe(expression);
});

it('says what to look at', () => {
  expect(suggestLicence('BSD')?.note).toContain('names no version');
  expect(suggestLicence('MIT/Apache-2.0')?.note).toContain('several licences');
});
