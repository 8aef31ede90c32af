import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

// Domains, repos and topics: the nouns that are known by a slug.
let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub(definition);
});
afterAll(() => hub[Symbol.asyncDispose]());

const author = as('author');

describe('a slug', () => {
  test.each(['custodian', 'state-hub', 'a1-2', 'straße', '日本語', 'e\u0301'.normalize('NFC'), 'x'.repeat(100)])('%j is taken', async (slug) => {
    const answer = await hub.change('registerDomain', { slug, name: 'A domain' }, 'domain { id slug version }', author);
    expect(answer.errors).toEqual([]);
    expect(answer.domain).toMatchObject({ slug, version: 1 });
    expect(answer.events).toMatchObject([{ type: 'org.statehub.domain.registered' }]);
  });

  test.each(['', 'Custodian', 'a b', '-a', 'a-', 'a--b', 'a_b', 'e\u0301'.normalize('NFD'), 'x'.repeat(101), 'a\nb'])('%j is refused', async (slug) => {
    const answer = await hub.change('registerDomain', { slug, name: 'A domain' }, 'domain { id }', author);
    expect(answer).toMatchObject({ domain: null, errors: [{ __typename: 'InvalidInput', path: ['input', 'slug'] }], events: [] });
  });

  test('that is taken is a Duplicate naming who has it', async () => {
    const first = await hub.change('registerDomain', { slug: 'taken', name: 'First' }, 'domain { id }', author);
    const second = await hub.ask(`mutation { registerDomain(input: { slug: "taken", name: "Second" }) { domain { id } errors { __typename path ... on Duplicate { existingId } } } }`, {}, author);
    expect(second.registerDomain).toEqual({ domain: null, errors: [{ __typename: 'Duplicate', path: ['input', 'slug'], existingId: first.domain.id }] });
  });

  test('wanted by twenty at once goes to one, and the others get Duplicate', async () => {
    await hub.change('registerDomain', { slug: 'crowd', name: 'Crowd' }, 'domain { id }', author);
    for (const [verb, field, more] of [['registerDomain', 'domain', { name: 'Race' }], ['registerRepo', 'repo', { domain: 'crowd' }], ['createTopic', 'topic', { domain: 'crowd', title: 'Race' }]] as const) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => hub.change(verb, { slug: 'race', ...more }, `${field} { id }`, author)));
      const won = answers.filter((answer) => answer[field] !== null);
      expect(won).toHaveLength(1);
      expect(answers.flatMap((answer) => answer.errors.map((error) => error.__typename))).toEqual(Array.from({ length: 19 }, () => 'Duplicate'));
      expect(answers.flatMap((answer) => answer.events)).toHaveLength(1);
    }
  });
});

describe('text', () => {
  test('with NUL or half a surrogate pair is InvalidInput wherever it stands', async () => {
    const answer = await hub.change('registerDomain', { slug: 'nul', name: 'a\0', description: '\ud83d' }, 'domain { id }', author);
    expect(answer.errors.map((error) => `${error.__typename} ${error.path.join('.')}`).sort()).toEqual(['InvalidInput input.description', 'InvalidInput input.name']);
  });

  test('that is empty or too long names every field at once', async () => {
    const answer = await hub.change('registerRepo', { slug: 'UP', domain: 'nowhere', name: ' ', description: 'x'.repeat(50_001) }, 'repo { id }', author);
    expect(answer.errors.map((error) => error.path.at(-1))).toEqual(['slug', 'name', 'description']);
  });
});

describe('domains', () => {
  test('change, clear and stay; a stale version is refused', async () => {
    const { domain } = await hub.change('registerDomain', { slug: 'changing', name: 'Before', owner: 'ada' }, 'domain { id }', author);
    const changed = await hub.change('updateDomain', { id: domain.id, name: 'After', owner: null, expectedVersion: 1 }, 'domain { name owner version }', author);
    expect(changed).toMatchObject({ domain: { name: 'After', owner: null, version: 2 }, errors: [], events: [{ type: 'org.statehub.domain.updated' }] });
    const same = await hub.change('updateDomain', { id: domain.id, name: 'After' }, 'domain { version }', author);
    expect(same).toMatchObject({ domain: { version: 2 }, events: [] });
    const stale = await hub.change('updateDomain', { id: domain.id, name: 'Late', expectedVersion: 1 }, 'domain { version }', author);
    expect(stale.errors).toMatchObject([{ __typename: 'VersionConflict' }]);
    const cleared = await hub.change('updateDomain', { id: domain.id, name: null }, 'domain { version }', author);
    expect(cleared.errors).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'name'] }]);
    for (const id of ['nonsense', '01890000-0000-7000-8000-000000000000']) {
      expect((await hub.change('updateDomain', { id, name: 'x' }, 'domain { id }', author)).errors).toMatchObject([{ __typename: 'NotFound', path: ['input', 'id'] }]);
    }
  });

  test('need the scope to write', async () => {
    await expect(hub.change('registerDomain', { slug: 'viewed', name: 'x' }, 'domain { id }', as('viewer'))).rejects.toThrow('governance:write');
  });

  test('in a dry run leave nothing, though the rules are real', async () => {
    const dry = await hub.change('registerDomain', { slug: 'dry', name: 'Dry', dryRun: true }, 'domain { slug }', author);
    expect(dry).toMatchObject({ domain: { slug: 'dry' }, errors: [], events: [] });
    expect(await hub.ask('{ domain(slug: "dry") { id } }')).toEqual({ domain: null });
    const taken = await hub.change('registerDomain', { slug: 'taken', name: 'Dry', dryRun: true }, 'domain { slug }', author);
    expect(taken.errors).toMatchObject([{ __typename: 'Duplicate' }]);
  });
});

describe('repos', () => {
  test.each(['https://example.org/a/b.git', 'ssh://git@example.org/a', 'git@example.org:a/b.git'])('take the URL %s', async (url) => {
    const slug = `repo-${Buffer.from(url).toString('hex').slice(-30)}`;
    const answer = await hub.change('registerRepo', { slug, domain: 'crowd', url }, 'repo { name url domain { slug } }', author);
    expect(answer).toMatchObject({ repo: { name: slug, url, domain: { slug: 'crowd' } }, errors: [] });
  });

  test.each(['javascript:alert(1)', 'https://user:secret@example.org/a', 'https://token@example.org/a', 'somewhere', 'file:///etc/passwd'])('refuse the URL %s', async (url) => {
    const answer = await hub.change('registerRepo', { slug: 'bad-url', domain: 'crowd', url }, 'repo { id }', author);
    expect(answer.errors).toMatchObject([{ __typename: 'InvalidInput', path: ['input', 'url'] }]);
  });

  test('of an unknown domain are refused; updates change and clear', async () => {
    expect((await hub.change('registerRepo', { slug: 'lost', domain: 'nowhere' }, 'repo { id }', author)).errors).toMatchObject([{ __typename: 'NotFound', path: ['input', 'domain'] }]);
    const { repo } = await hub.change('registerRepo', { slug: 'moving', domain: 'crowd', ecosystem: 'python' }, 'repo { id }', author);
    const answer = await hub.change('updateRepo', { id: repo.id, ecosystem: null, defaultBranch: 'main' }, 'repo { ecosystem defaultBranch version }', author);
    expect(answer).toMatchObject({ repo: { ecosystem: null, defaultBranch: 'main', version: 2 }, events: [{ type: 'org.statehub.repo.updated' }] });
  });
});

describe('reading', () => {
  test('gives null for what is not there, whatever was asked', async () => {
    expect(await hub.ask('{ a: domain(slug: "no") { id } b: repo(slug: "NO!") { id } c: topic(slug: "\\u0000") { id } d: goal(id: "x") { id } e: decision(id: "x") { id } }')).toEqual({ a: null, b: null, c: null, d: null, e: null });
  });

  test('pages by slug, filters, and counts', async () => {
    for (const slug of ['page-c', 'page-a', 'page-b']) await hub.change('registerDomain', { slug, name: 'Paged' }, 'domain { id }', author);
    const first = await hub.ask('{ domains(filter: { text: "paged" }, first: 2) { nodes { slug } totalCount pageInfo { hasNextPage endCursor } } }');
    expect(first.domains).toMatchObject({ nodes: [{ slug: 'page-a' }, { slug: 'page-b' }], totalCount: 3, pageInfo: { hasNextPage: true } });
    const rest = await hub.ask('query ($after: String) { domains(filter: { text: "paged" }, after: $after) { nodes { slug } pageInfo { hasNextPage hasPreviousPage } } }', { after: first.domains.pageInfo.endCursor });
    expect(rest.domains).toEqual({ nodes: [{ slug: 'page-c' }], pageInfo: { hasNextPage: false, hasPreviousPage: true } });
    await expect(hub.ask('{ domains(filter: { slugs: ["\\u0000"] }) { totalCount } }')).rejects.toThrow('BAD_USER_INPUT');
  });

  test('loads nested lists of any number of domains in one statement per field', async () => {
    for (let index = 0; index < 30; index++) {
      await hub.change('registerDomain', { slug: `many-${index}`, name: 'Many' }, 'domain { id }', author);
      await hub.change('registerRepo', { slug: `many-repo-${index}`, domain: `many-${index}` }, 'repo { id }', author);
      await hub.change('createTopic', { slug: `many-topic-${index}`, domain: `many-${index}`, title: 'T' }, 'topic { id }', author);
    }
    hub.counted();
    const { domains } = await hub.ask('{ domains(filter: { text: "many" }, first: 100) { nodes { slug repos { nodes { slug domain { slug } } } topics { nodes { slug } } goals { nodes { id } } workstreams { nodes { id } } progress { nodes { id } } } } }');
    expect(domains.nodes).toHaveLength(30);
    expect(domains.nodes[7].repos.nodes[0].domain.slug).toBe(domains.nodes[7].slug);
    // domains, five lists, and the domains of the repos
    expect(hub.counted()).toHaveLength(7);
  });

  test('resolves a thousand references by either key in one statement each', async () => {
    const { domain } = await hub.ask('{ domain(slug: "crowd") { id } }');
    const representations = Array.from({ length: 1000 }, (_, index) => (index % 2 === 0 ? { __typename: 'Domain', slug: index % 4 === 0 ? 'crowd' : `none-${index}` } : { __typename: 'Domain', id: index % 3 === 0 ? domain.id : 'nonsense' }));
    hub.counted();
    const { _entities } = await hub.ask('query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Domain { slug } } }', { representations });
    expect(_entities.slice(0, 4)).toEqual([{ slug: 'crowd' }, null, null, { slug: 'crowd' }]);
    expect(hub.counted()).toHaveLength(2);
  });
});
