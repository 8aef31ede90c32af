import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseInventory } from './parse.ts';

const yaml = readFileSync(new URL('fixtures/inventory.yaml', import.meta.url), 'utf8');
const problems = (text: string, name = 'inventory.yaml') => {
  const read = parseInventory(name, text);
  return 'problems' in read ? read.problems.map(({ line, column, reason }) => `${line}${column === undefined ? '' : `:${column}`} ${reason}`) : [];
};
const inventory = (text: string, name = 'inventory.yaml') => {
  const read = parseInventory(name, text);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.inventory;
};

it('reads every part of a YAML file', () => {
  expect(inventory(yaml)).toEqual({
    environments: [{ slug: 'staging', kind: 'STAGING', name: 'Staging' }, { slug: 'production-eu', kind: 'PRODUCTION', url: 'https://eu.example.org' }],
    services: [
      { slug: 'core-hub', name: 'Core hub', domain: 'infotech', repo: 'core-hub', owner: 'jonas', tier: 'TIER_1', description: 'The service in the middle.', environments: [{ environment: 'staging' }, { environment: 'production-eu', url: 'https://core.example.org' }] },
      { slug: 'warehouse', domain: 'infotech', owner: 'jonas', tier: 'TIER_2' },
    ],
    hubs: [], apiConsumers: [],
    widgets: [{ slug: 'open-alerts', service: 'core-hub', manifest: { operation: 'Readiness', panels: ['alerts', 'gates'] } }],
  });
});

it('reads services and environments of CSV files', () => {
  expect(inventory('\uFEFFslug,name,domain,owner,tier,environments,description\r\ncore-hub,"Core, hub",infotech,jonas,1,staging; production-eu=https://core.example.org,"two\nlines"\r\n\r\nwarehouse,,infotech,jonas,,,\r\n', 'x.CSV').services).toEqual([
    { slug: 'core-hub', name: 'Core, hub', domain: 'infotech', owner: 'jonas', tier: 'TIER_1', environments: [{ environment: 'staging' }, { environment: 'production-eu', url: 'https://core.example.org' }], description: 'two\nlines' },
    { slug: 'warehouse', domain: 'infotech', owner: 'jonas', environments: [] },
  ]);
  expect(inventory('slug,kind\nlocal,dev\n', 'x.csv').environments).toEqual([{ slug: 'local', kind: 'LOCAL' }]);
});

it.each([
  ['services:\n  - slug: a\n    domain: x\n', ['2:5 owner is missing.']],
  ['services:\n  - slug: a\n    domain: x\n    owner: o\n    tier: 7\n    colour: red\n', ['6:5 colour is not known of services; known are slug, name, domain, repo, owner, tier, description, environments.', '5:5 A tier is 1 to 4, and not 7.']],
  ['environments:\n  - slug: a\n    kind: moon\n', ['3:5 A kind of environment is LOCAL, STAGING, PRODUCTION, and not moon.']],
  ['machines: []\n', ['1:1 machines is no part of an inventory; its parts are environments, services, hubs, apiConsumers, widgets.']],
  ['services: core-hub\n', ['1:1 services must be a list.']],
  ['- a\n', ['1:1 The inventory must be a mapping of `key: value` lines.']],
  ['services:\n  - slug: a\n    slug: b\n    domain: x\n    owner: o\n', ['3:5 slug is given twice.']],
  ['environments: []\n', ['1 The file tells of nothing; its parts are environments, services, hubs, apiConsumers, widgets.']],
  ['environments:\n  - {slug: a, kind: prod}\n  - {slug: a, kind: stage}\n', ['1 a is in environments twice.']],
  ['services:\n  - slug: a\n    domain: x\n    owner: o\n    environments:\n      - url: https://x\n', ['6:9 environment is missing.']],
  ['services:\n  - {slug: a, domain: x, owner: o}\n---\nservices: [{slug: b}]\n', ['3:1 A second YAML document begins here, which would not be read.']],
  ['services: [\n', expect.arrayContaining([expect.stringContaining('Not valid YAML')])],
  ['environments:\n  - slug: !!js/function "x"\n    kind: prod\n', expect.arrayContaining([expect.stringContaining('Not valid YAML')])],
])('tells every problem of YAML with its place: %j', (text, told) => {
  expect(problems(text)).toEqual(told);
});

it.each([
  ['', ['1 The file is empty.']],
  ['slug,owner\na,o\n', ['2 domain is missing.']],
  ['slug,domain,owner,colour\na,x,o,red\n', ['1 The column colour is not known of services; known are slug, name, domain, repo, owner, tier, description, environments.']],
  ['slug,slug,domain,owner\na,b,x,o\n', ['1 The column slug is there twice.']],
  ['slug,domain,owner\na,x\n', [expect.stringMatching(/^2 Not valid CSV/)]],
  ['slug,domain,owner\n"a,x,o\n', [expect.stringMatching(/Not valid CSV/)]],
])('tells every problem of CSV with its line: %j', (text, told) => {
  expect(problems(text, 'x.csv')).toEqual(told);
});

it('never throws, whatever the file', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom(yaml).chain((text) => fc.nat(text.length).map((cut) => text.slice(0, cut)))), fc.constantFrom('a.yaml', 'a.csv'), (text, name) => {
    const read = parseInventory(name, text);
    expect('inventory' in read || read.problems.length > 0).toBe(true);
  }), { numRuns: 500 });
});
