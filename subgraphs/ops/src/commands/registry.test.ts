import { afterAll, beforeAll, expect, it } from 'vitest';
import { heldClock } from '@hubgraph/kit/clock';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { definition } from '../subgraph.ts';

let hub: TestHub;
const clock = heldClock('2026-03-02T09:00:00Z');
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

beforeAll(async () => {
  hub = await startTestHub(definition, { clock });
  for (const [slug, kind] of [['local', 'LOCAL'], ['staging', 'STAGING'], ['production', 'PRODUCTION']]) await hub.change('registerEnvironment', { slug, kind }, 'environment { id }');
  for (const slug of ['core', 'ware']) await hub.change('registerService', { slug, domain: 'infotech', owner: 'jonas', environments: [{ environment: 'production' }] }, 'service { id }');
});
afterAll(() => hub[Symbol.asyncDispose]());

const idOf = async (slug: string): Promise<string> => (await hub.ask('query ($slug: String!) { service(slug: $slug) { id } }', { slug })).service.id;
const deploy = (input: object) => hub.change('recordDeployment', { service: 'core', environment: 'PRODUCTION', place: 'production', releaseDigest: digest('a'), result: 'SUCCEEDED', ...input }, 'deployment { id version result finishedAt startedAt actor rollbackOf { id } }');

it('registers a service once, with where it runs, and tells of it', async () => {
  const answer = await hub.change('registerService', { slug: 'new-one', domain: 'infotech', repo: 'new-repo', owner: 'mara', tier: 'TIER_1', environments: [{ environment: 'staging', url: 'https://s.example.org' }, { environment: 'production' }] }, 'service { slug name tier domain { slug } repo { slug } environments { environment { slug kind } url releaseDigest } version }');
  expect(answer).toMatchObject({ errors: [], service: { slug: 'new-one', name: 'new-one', tier: 'TIER_1', domain: { slug: 'infotech' }, repo: { slug: 'new-repo' }, environments: [{ environment: { slug: 'production', kind: 'PRODUCTION' }, url: null }, { environment: { slug: 'staging' }, url: 'https://s.example.org' }], version: 1 } });
  expect(answer.events.map(({ type }) => type)).toEqual(['org.opshub.service.registered']);
  expect((await hub.change('registerService', { slug: 'new-one', domain: 'x', owner: 'y' }, 'service { id } errors { ... on Duplicate { existingId } }')).errors).toMatchObject([{ code: 'DUPLICATE', existingId: await idOf('new-one') }]);
  const bad = await hub.change('registerService', { slug: 'Bad Slug', domain: '', owner: ' ', repo: 'A', environments: [{ environment: 'staging', url: 'javascript:1' }] }, 'service { id }');
  expect(bad.errors.map(({ path }) => path.join('.'))).toEqual(['input.slug', 'input.domain', 'input.owner', 'input.repo', 'input.environments.0.url']);
  expect((await hub.change('registerService', { slug: 'b', domain: 'x', owner: 'o', environments: [{ environment: 'moon' }, { environment: 'staging' }, { environment: 'staging' }] }, 'service { id }')).errors.map(({ path }) => path.join('.'))).toEqual(['input.environments.0.environment', 'input.environments.2.environment']);
});

it('updates, retires and revives a service; nothing to change is no change', async () => {
  const id = await idOf('ware');
  const update = (input: object) => hub.change('updateService', { id, ...input }, 'service { owner version retiredAt environments { environment { slug } } }');
  expect(await update({ owner: 'jonas' })).toMatchObject({ service: { version: 1 }, events: [] });
  expect(await update({ owner: 'ines', expectedVersion: 9 })).toMatchObject({ service: null, errors: [{ code: 'VERSION_CONFLICT' }] });
  expect(await update({ environments: [{ environment: 'staging' }] })).toMatchObject({ service: { version: 2, environments: [{ environment: { slug: 'staging' } }] } });
  const retired = await hub.change('retireService', { id }, 'service { retiredAt version }');
  expect(retired).toMatchObject({ service: { retiredAt: '2026-03-02T09:00:00.000Z', version: 3 }, events: [{ type: 'org.opshub.service.retired' }] });
  expect(await hub.change('retireService', { id }, 'service { version }')).toMatchObject({ service: { version: 3 }, events: [] });
  expect((await hub.ask('{ services(filter: { retired: true }) { nodes { slug } } }')).services.nodes).toEqual([{ slug: 'ware' }]);
  expect(await update({ owner: 'jonas' })).toMatchObject({ service: { version: 4, retiredAt: null } });
});

it('records a deployment once per source and key, and finishes one that was running', async () => {
  const running = await deploy({ result: 'RUNNING', source: 'ci', sourceKey: '1' });
  expect(running).toMatchObject({ errors: [], deployment: { result: 'RUNNING', finishedAt: null, actor: 'maintainer' }, events: [{ type: 'org.opshub.deployment.recorded' }] });
  clock.advance(60_000);
  const done = await deploy({ source: 'ci', sourceKey: '1' });
  expect(done).toMatchObject({ deployment: { id: running.deployment.id, result: 'SUCCEEDED', finishedAt: '2026-03-02T09:01:00.000Z', version: 2 }, events: [{ type: 'org.opshub.deployment.finished' }] });
  expect(await deploy({ source: 'ci', sourceKey: '1' })).toMatchObject({ deployment: { version: 2 }, events: [] });
  expect((await deploy({ source: 'ci', sourceKey: '1', releaseDigest: digest('b') })).errors).toMatchObject([{ path: ['input', 'sourceKey'] }]);
  expect((await deploy({ source: 'ci', sourceKey: '1', result: 'FAILED' })).errors).toMatchObject([{ path: ['input', 'result'] }]);
  expect((await hub.change('finishDeployment', { id: running.deployment.id, result: 'FAILED' }, 'deployment { id }')).errors).toMatchObject([{ code: 'INVALID_INPUT' }]);
});

it('knows what runs where, and what was rolled back', async () => {
  clock.advance(3_600_000);
  const bad = await deploy({ releaseDigest: digest('c') });
  clock.advance(60_000);
  const back = await deploy({ releaseDigest: digest('a'), rollbackOf: bad.deployment.id });
  await deploy({ releaseDigest: digest('d'), result: 'FAILED' });
  await deploy({ environment: 'STAGING', place: 'staging', releaseDigest: digest('e') });
  const { service } = await hub.ask('{ service(slug: "core") { running { environment releaseDigest } environments { environment { slug } releaseDigest } deployments(first: 2, filter: { environments: [PRODUCTION] }) { totalCount nodes { releaseDigest result } } } deployment: deployments(first: 1, filter: { releaseDigest: "' + digest('c') + '" }) { nodes { rollbacks { id } } } }');
  expect(service.running).toEqual(expect.arrayContaining([{ environment: 'PRODUCTION', releaseDigest: digest('a') }, { environment: 'STAGING', releaseDigest: digest('e') }]));
  expect(service.environments).toEqual([{ environment: { slug: 'production' }, releaseDigest: digest('a') }, { environment: { slug: 'staging' }, releaseDigest: digest('e') }]);
  expect(back.deployment.rollbackOf).toEqual({ id: bad.deployment.id });
  expect((await deploy({ environment: 'STAGING', place: 'staging', rollbackOf: bad.deployment.id })).errors).toMatchObject([{ path: ['input', 'rollbackOf'] }]);
});

it('refuses deployments that cannot be, with every reason', async () => {
  const far = new Date(clock.now().getTime() + 600_000).toISOString();
  expect((await deploy({ releaseDigest: 'latest', startedAt: far, sourceKey: 'k' })).errors.map(({ path }) => path.join('.'))).toEqual(['input.releaseDigest', 'input.source', 'input.startedAt']);
  expect((await deploy({ place: 'staging' })).errors).toMatchObject([{ path: ['input', 'place'] }]);
  expect((await deploy({ service: 'nobody' })).errors).toMatchObject([{ code: 'NOT_FOUND', path: ['input', 'service'] }]);
  expect((await deploy({ result: 'RUNNING', finishedAt: '2026-03-02T09:00:00Z' })).errors).toMatchObject([{ path: ['input', 'finishedAt'] }]);
});

it('answers many references to services, and what is below them, in one statement each', async () => {
  hub.counted();
  const representations = Array.from({ length: 100 }, (_, index) => ({ __typename: 'Service', slug: index === 0 ? 'core' : `unknown-${index}` }));
  const data = await hub.ask('query ($r: [_Any!]!) { _entities(representations: $r) { ... on Service { slug running { releaseDigest } environments { environment { slug } } deployments(first: 1) { nodes { id place { slug } } } } } }', { r: representations });
  expect(data._entities.filter(Boolean)).toHaveLength(1);
  expect(hub.counted().length).toBeLessThanOrEqual(6);
});

it('brings an inventory in as a whole or not at all, and is repeatable', async () => {
  const file = { source: 'ops/inventory.yaml', environments: [{ slug: 'production-eu', kind: 'PRODUCTION' }], services: [{ slug: 'inv-a', domain: 'stack', owner: 'ines', environments: [{ environment: 'production-eu' }] }, { slug: 'inv-b', domain: 'stack', owner: 'ines' }], widgets: [{ slug: 'w', service: 'inv-a', manifest: { a: '1' } }] };
  const sync = (input: object) => hub.change('syncInventory', { ...file, ...input }, 'inventory { changes { section slug outcome } }');
  const outcomes = (answer: Record<string, any>): Record<string, string> => Object.fromEntries(answer.inventory.changes.map(({ slug, outcome }: { slug: string; outcome: string }) => [slug, outcome]));
  const broken = await sync({ services: [...file.services, { slug: 'Bad', domain: 'stack', owner: '' }, { slug: 'inv-c', domain: 'stack', owner: 'o', environments: [{ environment: 'moon' }] }] });
  expect(broken.errors.map(({ path }) => path.join('.'))).toEqual(['input.services.2.slug', 'input.services.2.owner', 'input.services.3.environments.0.environment']);
  expect((await hub.ask('{ service(slug: "inv-a") { id } }')).service).toBeNull();
  expect(outcomes(await sync({ dryRun: true }))).toEqual({ 'production-eu': 'CREATED', 'inv-a': 'CREATED', 'inv-b': 'CREATED', w: 'CREATED' });
  expect((await hub.ask('{ service(slug: "inv-a") { id } }')).service).toBeNull();
  expect((await sync({})).events.map(({ type }) => type)).toEqual(['org.opshub.service.registered', 'org.opshub.service.registered']);
  const again = await sync({});
  expect(outcomes(again)).toEqual({ 'production-eu': 'UNCHANGED', 'inv-a': 'UNCHANGED', 'inv-b': 'UNCHANGED', w: 'UNCHANGED' });
  expect(again.events).toEqual([]);
  expect(outcomes(await sync({ services: [{ ...file.services[0], tier: 'TIER_1' }] }))).toMatchObject({ 'inv-a': 'UPDATED', 'inv-b': 'MISSING' });
  expect(outcomes(await sync({ services: [file.services[0]], retireMissing: true }))).toMatchObject({ 'inv-b': 'RETIRED' });
  expect(outcomes(await sync({ services: [file.services[0]] }))).not.toHaveProperty('inv-b');
  expect((await sync({ environments: [{ slug: 'production-eu', kind: 'STAGING' }] })).errors).toMatchObject([{ path: ['input', 'environments', '0', 'kind'] }]);
});

it('registers hubs, consumers and widgets apart from each other', async () => {
  const hubEntry = await hub.change('registerHub', { slug: 'ops', manifest: { stream: 'EVENTS_OPS' } }, 'hub { id slug manifest }');
  expect(hubEntry).toMatchObject({ errors: [], hub: { slug: 'ops', manifest: { stream: 'EVENTS_OPS' } } });
  expect(await hub.change('registerWidget', { slug: 'ops', service: 'core' }, 'widget { service { slug } }')).toMatchObject({ errors: [], widget: { service: { slug: 'core' } } });
  expect((await hub.change('registerHub', { slug: 'ops' }, 'hub { id }')).errors).toMatchObject([{ code: 'DUPLICATE' }]);
  expect((await hub.change('updateWidget', { id: hubEntry.hub.id, name: 'x' }, 'widget { id }')).errors).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect((await hub.change('registerApiConsumer', { slug: 'bot', manifest: 'text' }, 'apiConsumer { id }')).errors).toMatchObject([{ path: ['input', 'manifest'] }]);
  expect((await hub.ask('{ hubs { nodes { slug } } apiConsumers { totalCount } widgets(filter: { services: ["core"] }) { nodes { slug } } }'))).toMatchObject({ hubs: { nodes: [{ slug: 'ops' }] }, apiConsumers: { totalCount: 0 }, widgets: { nodes: [{ slug: 'ops' }] } });
});

it('lets nobody write who may not', async () => {
  await expect(hub.change('registerService', { slug: 'x', domain: 'x', owner: 'x' }, 'service { id }', as('viewer'))).rejects.toThrow(/ops:write/);
});
