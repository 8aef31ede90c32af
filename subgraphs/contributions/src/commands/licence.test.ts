import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

const author = as('author');
const maintainer = as('maintainer', 'mara');
const FIELDS = 'package { purl licence { declared source expression class concluded { expression by } } } conclusion { expression class copyleft reason evidence by }';
const pack = (purl: string, declaredLicence: string | null, more: object = {}) => ({ purl, direct: true, scope: 'PROD', declaredLicence, ...more });

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub(definition);
  const web = [pack('pkg:npm/a@1.0.0', 'MIT'), pack('pkg:npm/b@1.0.0', 'Apache License, Version 2.0'), pack('pkg:npm/c@1.0.0', 'GPL-3.0-only'), pack('pkg:npm/d@1.0.0', 'GPL-3.0-only', { scope: 'DEV' }), pack('pkg:npm/e@1.0.0', null, { direct: false }), pack('pkg:npm/own@1.0.0', 'AGPL-3.0-only', { thirdParty: false })];
  await hub.change('ingestSbom', { repo: 'web', packages: web }, 'sbom { id }', author);
  await hub.change('ingestSbom', { repo: 'shop', packages: [pack('pkg:npm/a@1.0.0', 'MIT', { direct: false, scope: 'DEV' }), pack('pkg:npm/c@1.0.0', null)] }, 'sbom { id }', author);
});
afterAll(() => hub[Symbol.asyncDispose]());

const conclude = (purl: string, expression: string, more: object = {}) => hub.change('concludeLicence', { purl, expression, reason: 'read the file', ...more }, FIELDS, maintainer);
const risks = async () => {
  const data = await hub.ask(`{ _entities(representations: [{ __typename: "Repo", slug: "web" }, { __typename: "Repo", slug: "shop" }, { __typename: "StateSummary", id: "state" }]) {
    ... on Repo { licenceRisks { package { purl } expression class direct dev status waiver { decision } } } ... on StateSummary { licenceRiskCount } } }`);
  return data._entities;
};

test('the report groups what counts, with what cannot be read beside it', async () => {
  const { licenceReport } = await hub.ask('{ licenceReport { packageCount groups { expression declared class copyleft packageCount repoCount directCount transitiveCount prodCount devCount suggestion { expression } packages { purl } } } }');
  expect(licenceReport.groups).toMatchObject([
    { expression: 'GPL-3.0-only', class: 'STRONG_COPYLEFT', copyleft: true, packageCount: 2, repoCount: 1, directCount: 2, prodCount: 1, devCount: 1, packages: [{ purl: 'pkg:npm/c@1.0.0' }, { purl: 'pkg:npm/d@1.0.0' }] },
    { expression: null, declared: null, class: 'UNKNOWN', packageCount: 2, repoCount: 2, directCount: 1, transitiveCount: 1 },
    { expression: 'MIT', class: 'PERMISSIVE', copyleft: false, packageCount: 1, repoCount: 2, directCount: 1, transitiveCount: 0, prodCount: 1, devCount: 0 },
    { expression: null, declared: 'Apache License, Version 2.0', class: 'UNKNOWN', packageCount: 1, suggestion: { expression: 'Apache-2.0' }, packages: [{ purl: 'pkg:npm/b@1.0.0' }] },
  ]);
  const { shop, unknown } = await hub.ask('{ shop: licenceReport(filter: { repo: "shop", direct: true }) { groups { expression packageCount packages(first: 0) { purl } } } unknown: licenceReport(filter: { licenceClass: UNKNOWN }) { packageCount } }');
  expect([shop.groups, unknown.packageCount]).toEqual([[{ expression: null, packageCount: 1, packages: [] }], 3]);
});

test('packages are listed once each, narrowed by what counts', async () => {
  const names = async (filter: string) => ((await hub.ask(`{ packages(filter: ${filter}) { totalCount nodes { name } } }`)).packages.nodes as { name: string }[]).map(({ name }) => name).join('');
  expect(await names('{}')).toBe('abcde');
  expect(await names('{ repo: "shop" }')).toBe('ac');
  expect(await names('{ licenceClass: STRONG_COPYLEFT }')).toBe('cd');
  expect(await names('{ dev: true }')).toBe('ad');
  expect(await names('{ direct: false, repo: "web" }')).toBe('e');
  expect(await names('{ text: "NPM/B@" }')).toBe('b');
  expect(await names('{ ecosystem: "pypi" }')).toBe('');
  const { packages } = await hub.ask('{ packages(first: 2) { totalCount pageInfo { hasNextPage endCursor } } }');
  expect(packages).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true } });
  expect((await hub.ask('query ($after: String) { packages(first: 9, after: $after) { nodes { name } } }', { after: packages.pageInfo.endCursor })).packages.nodes).toEqual([{ name: 'c' }, { name: 'd' }, { name: 'e' }]);
});

test('a conclusion counts before what is declared, in every repo, the newest first', async () => {
  expect(await risks()).toEqual([{ licenceRisks: [{ package: { purl: 'pkg:npm/c@1.0.0' }, expression: 'GPL-3.0-only', class: 'STRONG_COPYLEFT', direct: true, dev: false, status: 'OPEN', waiver: null }] }, { licenceRisks: [] }, { licenceRiskCount: 1 }]);
  const answer = await conclude('pkg:npm/c@1.0.0', 'lgpl-2.1-or-later', { evidence: ['https://example.org/LICENSE'] });
  expect(answer).toMatchObject({
    errors: [], events: [{ type: 'org.contribhub.licence.concluded' }], conclusion: { expression: 'LGPL-2.1-or-later', class: 'WEAK_COPYLEFT', copyleft: true, by: 'mara', evidence: ['https://example.org/LICENSE'] },
    package: { purl: 'pkg:npm/c@1.0.0', licence: { declared: 'GPL-3.0-only', source: 'CONCLUSION', expression: 'LGPL-2.1-or-later', class: 'WEAK_COPYLEFT', concluded: { by: 'mara' } } },
  });
  // shop's lock states no licence for it; the conclusion tells
  expect(await risks()).toMatchObject([{ licenceRisks: [{ class: 'WEAK_COPYLEFT' }] }, { licenceRisks: [{ package: { purl: 'pkg:npm/c@1.0.0' }, expression: 'LGPL-2.1-or-later' }] }, { licenceRiskCount: 2 }]);
  await conclude('pkg:npm/c@1.0.0', 'MIT OR LGPL-2.1-or-later');
  expect(await risks()).toEqual([{ licenceRisks: [] }, { licenceRisks: [] }, { licenceRiskCount: 0 }]);
  const { package: one, licenceReport, packages } = await hub.ask('{ package(purl: "pkg:npm/c@1.0.0") { conclusions { expression } licence { class } } licenceReport { groups { expression class } } packages(filter: { licenceClass: STRONG_COPYLEFT }) { nodes { name } } }');
  expect(one).toEqual({ conclusions: [{ expression: 'MIT OR LGPL-2.1-or-later' }, { expression: 'LGPL-2.1-or-later' }], licence: { class: 'PERMISSIVE' } });
  expect(licenceReport.groups).toContainEqual({ expression: 'MIT OR LGPL-2.1-or-later', class: 'PERMISSIVE' });
  expect(packages.nodes).toEqual([{ name: 'd' }]);
});

test('what cannot be concluded is refused, with what was probably meant', async () => {
  expect((await conclude('pkg:npm/b@1.0.0', 'Apache License, Version 2.0')).errors).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'expression'], message: expect.stringContaining('Did you mean Apache-2.0?') }]);
  expect((await conclude('pkg:npm/b@1.0.0', 'UNLICENSED')).errors).toMatchObject([{ path: ['input', 'expression'] }]);
  expect((await conclude('pkg:npm/nothing@1.0.0', 'MIT')).errors).toMatchObject([{ __typename: 'NotFound', path: ['input', 'purl'] }]);
  expect((await conclude('pkg:npm/b', 'MIT')).errors).toMatchObject([{ __typename: 'NotFound', path: ['input', 'purl'] }]);
  expect((await conclude('pkg:npm/b@1.0.0', 'MIT', { reason: ' ', evidence: ['javascript:alert(1)'] })).errors.map(({ path }) => path[1])).toEqual(['reason', 'evidence']);
  await expect(hub.change('concludeLicence', { purl: 'pkg:npm/b@1.0.0', expression: 'MIT', reason: 'x' }, FIELDS, author)).rejects.toThrow('licences:conclude');
});

test('a policy of your own says what is a risk, where, and what is accepted until when', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'policy-'));
  const path = join(folder, 'policy.yaml');
  const policy = (until: string) => `families: [GPL]
classes: [UNKNOWN]
scopes: { dev: true, unknown: true }
waivers:
  - { package: pkg:npm/c, expression: GPL-3.0-only, until: '${until}', decision: ADR-7, reason: replaced in spring }
`;
  const risksUnder = async (text: string) => {
    await writeFile(path, text);
    await using strict = await startTestHub(definition, { env: { HUBGRAPH_LICENCE_POLICY: path }, clock: { now: () => new Date('2026-03-02T12:00:00Z') } });
    const packages = [pack('pkg:npm/a@1.0.0', 'MIT'), pack('pkg:npm/b@1.0.0', null), pack('pkg:npm/c@1.0.0', 'GPL-3.0-only'), pack('pkg:npm/d@1.0.0', 'GPL-2.0-only', { scope: 'DEV' }), pack('pkg:npm/e@1.0.0', 'GPL-2.0-only', { direct: false }), pack('pkg:npm/f@1.0.0', 'LGPL-3.0-only')];
    const answer = await strict.change('ingestSbom', { repo: 'web', packages }, 'ingest { licenceRiskCount }', author);
    const { _entities: [repo, state] } = await strict.ask('{ _entities(representations: [{ __typename: "Repo", slug: "web" }, { __typename: "StateSummary", id: "state" }]) { ... on Repo { licenceRisks { package { name } status licences waiver { until decision } } } ... on StateSummary { licenceRiskCount } } }');
    expect(answer.ingest.licenceRiskCount).toBe(state.licenceRiskCount);
    return { count: state.licenceRiskCount, risks: repo.licenceRisks };
  };
  const b = { package: { name: 'b' }, status: 'OPEN', licences: [], waiver: null };
  const d = { package: { name: 'd' }, status: 'OPEN', licences: ['GPL-2.0-only'], waiver: null };
  const c = (status: string, until: string) => ({ package: { name: 'c' }, status, licences: ['GPL-3.0-only'], waiver: { until, decision: 'ADR-7' } });
  try {
    expect(await risksUnder(policy('2026-03-02'))).toEqual({ count: 2, risks: [b, c('WAIVED', '2026-03-02'), d] });
    expect(await risksUnder(policy('2026-03-01'))).toEqual({ count: 3, risks: [b, c('EXPIRED', '2026-03-01'), d] });
    await expect(risksUnder('waivers:\n  - { package: x, decision: y, until: soon }\n')).rejects.toThrow(`${path}:2: waivers.0.until`);
    await expect(startTestHub(definition, { env: { HUBGRAPH_LICENCE_POLICY: join(folder, 'nowhere') } })).rejects.toThrow('cannot be read (ENOENT)');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('every field takes one statement, however many parents', async () => {
  for (let index = 0; index < 6; index++) await hub.change('ingestSbom', { repo: `r-${index}`, packages: Array.from({ length: 8 }, (_, n) => pack(`pkg:npm/p${n}@${index % 2}.0.0`, 'MIT')) }, 'sbom { id }', author);
  const representations = Array.from({ length: 6 }, (_, index) => ({ __typename: 'Repo', slug: `r-${index}` }));
  hub.counted();
  await hub.ask(`query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Repo {
    lastSbomAt sbomSource licenceRisks { package { purl } } sboms { nodes { version } }
    sbom { licences { class count } packages { nodes { licence { class concluded { at } } package { usedBy { since sbom { version } } versions { purl } snapshots(first: 3) { version } contributions { slug } licence { class } conclusions { at } } } } } } } }`, { representations });
  // sbom, risks, sboms, licences, packages, conclusions on entries, uses, versions, snapshots (ids), contributions, declared, all conclusions, snapshots of uses and of packages, conclusions on packages
  expect(hub.counted().length).toBeLessThanOrEqual(15);
});
