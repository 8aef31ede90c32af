import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema, parse } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildSchemaFiles } from './build.ts';
import { compose } from './compose.ts';
import { runPipeline } from './pipeline.ts';
import { widgetHub, type WidgetOptions } from './widgets.fixture.ts';

const { QueryPlanner } = createRequire(import.meta.url)('@apollo/query-planner') as typeof import('@apollo/query-planner');
const { Supergraph, operationFromDocument, ROUTER_SUPPORTED_SUPERGRAPH_FEATURES } = createRequire(import.meta.url)('@apollo/federation-internals') as typeof import('@apollo/federation-internals');

const configs = [{ part: 'start', config: {} }];
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hubgraph-schema-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const built = (...hubs: WidgetOptions[]) => buildSchemaFiles(hubs.map(widgetHub), configs);
const run = (check: boolean, ...hubs: WidgetOptions[]) => runPipeline({ root, definitions: hubs.map(widgetHub), configs, check });
const put = (path: string, text: string) => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
};

describe('what is built', () => {
  it('composes the hubs with the generated events subgraph, without a hint', () => {
    const { files, api, hints } = built({});
    expect([...files.keys()].sort()).toEqual([
      'docs/config.md', 'docs/errors.md', 'docs/events.md', 'schema/api.graphql', 'schema/events.json', 'schema/hubs/events.graphql',
      'schema/hubs/gateway.graphql', 'schema/hubs/widgets.graphql', 'schema/lifecycles.md', 'schema/supergraph.graphql',
    ]);
    expect(hints).toEqual([]);
    expect(Object.keys(api.getSubscriptionType()?.getFields() ?? {})).toEqual(['hubEvents', 'widgetChanged']);
    expect(buildSchema(files.get('schema/api.graphql') as string).getType('WidgetEvent')?.description).toBe('An event of Widget.');
    expect(files.get('schema/api.graphql')).not.toContain('@join');
  });

  it('keeps the scopes in the supergraph and out of what clients see', () => {
    const { files } = built({});
    expect(files.get('schema/supergraph.graphql')).toContain('@requiresScopes(scopes: [["ops:write"]])');
    expect(files.get('schema/supergraph.graphql')).toMatch(/\): WidgetEvent! @requiresScopes\(scopes: \[\["hub:read"\]\]\)/);
    expect(files.get('schema/api.graphql')).not.toContain('requiresScopes');
  });

  it('leaves out of a hub\'s SDL what a gateway adds by itself', () => {
    const sdl = built({}).files.get('schema/hubs/widgets.graphql') as string;
    for (const name of ['_entities', '_service', '_Any', '_Entity']) expect(sdl).not.toContain(name);
    expect(sdl).toContain('@key(fields: "id")');
  });

  it('prints the same text for the same code, whatever the order of the hubs', () => {
    const [one, other] = [{ name: 'alpha', noun: 'Apple' }, { name: 'beta', noun: 'Bolt' }];
    expect([...built(one, other).files].sort()).toEqual([...built(other, one).files].sort());
  });

  it('lets the planner answer a subscription with the event and a fetch of its entity', () => {
    const supergraph = Supergraph.build(built({}).files.get('schema/supergraph.graphql') as string, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES });
    const planner = new QueryPlanner(supergraph, {});
    const operation = operationFromDocument(supergraph.apiSchema(), parse('subscription { widgetChanged(filter: { statuses: [READY] }) { cursor type from to widget { name } } }'));
    const plan = planner.buildQueryPlan(operation) as unknown as { node: { kind: string; primary: { serviceName: string }; rest: unknown } };
    expect(plan.node.kind).toBe('Subscription');
    expect(plan.node.primary.serviceName).toBe('events');
    expect(plan.node.rest).toMatchObject({ kind: 'Sequence', nodes: [{ kind: 'Flatten', path: ['widgetChanged', 'widget'], node: { serviceName: 'widgets' } }] });
  });

  it('tells the gateway in events.json which event feeds which subscription', () => {
    const json = JSON.parse(built({}).files.get('schema/events.json') as string) as { streams: unknown[]; events: { type: string; field: string | null }[]; subscriptions: unknown[] };
    expect(json.streams).toEqual([{ hub: 'widgets', stream: 'EVENTS_WIDGETS', eventHub: 'widgethub' }]);
    expect(json.events.map(({ type, field }) => [type, field])).toEqual([
      ['org.widgethub.widget.counted', null], ['org.widgethub.widget.drafted', 'widgetChanged'], ['org.widgethub.widget.dropped', 'widgetChanged'], ['org.widgethub.widget.readied', 'widgetChanged'],
    ]);
    expect(json.events[0]).toMatchObject({ version: 2, objectType: 'GenericEvent', scopes: [['hub:read']], schema: { type: 'object', required: ['id', 'count'] } });
    expect(json.subscriptions).toEqual([{
      field: 'widgetChanged', hub: 'widgets', objectType: 'WidgetEvent', entity: { field: 'widget', type: 'Widget', key: 'id', path: 'data.id' },
      scopes: [['hub:read']], hasStatus: true, filter: [{ name: 'domains', path: 'domain', type: '[String!]' }, { name: 'statuses', path: 'data.to', type: '[WidgetStatus!]' }], snapshot: null,
    }]);
  });

  it('draws every lifecycle and lists its rules', () => {
    const text = built({}).files.get('schema/lifecycles.md') as string;
    for (const line of ['  [*] --> DRAFT : draftWidget', '  DRAFT --> READY : readyWidget', '  READY --> GONE : dropWidget', '  GONE --> [*]']) expect(text).toContain(`${line}\n`);
    expect(text).toContain('| `readyWidget` | `DRAFT` | `READY` | author | `NAMED` it has a name | `org.widgethub.widget.readied` |');
  });

  it('prints codes, settings and events from their catalogues', () => {
    const { files } = built({});
    expect(files.get('docs/errors.md')).toContain('| `WIDGET_JAMMED` | refused | later | Wait \\| then try again. |');
    expect(files.get('docs/config.md')).toContain('| `WIDGET_LIMIT` | `5` | Widgets at once. | widgets |');
    expect(files.get('docs/events.md')).toContain('`id` `from` `to` `note?`');
  });
});

describe('what is refused', () => {
  it('words composition errors for a person', () => {
    const sdl = built({}).files.get('schema/hubs/widgets.graphql') as string;
    expect(() => compose({ one: sdl, two: sdl })).toThrow(/the subgraphs do not compose:\n {2}INVALID_FIELD_SHARING: /);
  });

  it('finds two hubs that claim one subscription', () => {
    const report = run(false, { name: 'one' }, { name: 'two' });
    expect(report.faults).toEqual(['subscriptions: widgetChanged is declared twice, by one and two']);
  });

  it('finds what is stale, missing and left over, and writes nothing when checking', () => {
    expect(run(true, {}).faults).toContain('schema/api.graphql is missing: run npm run schema.');
    expect(run(false, {}).written).toContain('schema/api.graphql');
    expect(run(true, {})).toEqual({ written: [], faults: [], hints: [] });
    put('schema/hubs/gone.graphql', 'type Query { a: Int }');
    const { faults } = run(true, { colour: true });
    expect(faults).toContain('schema/hubs/gone.graphql belongs to no hub any more: run npm run schema.');
    expect(faults.find((fault) => fault.startsWith('schema/api.graphql is stale'))).toContain('+ colour: String!');
  });

  it('writes nothing while a breaking change is not named', () => {
    run(false, { colour: true });
    const report = run(false, {});
    expect(report.written).toEqual([]);
    expect(report.faults).toEqual([expect.stringContaining('breaking: Widget.colour was removed.')]);
    expect(readFileSync(join(root, 'schema/api.graphql'), 'utf8')).toContain('colour');

    put('schema/breaking.json', JSON.stringify([{ change: 'Widget.colour was removed.', reason: 'nobody saw it', since: '2026-01-01' }]));
    expect(run(false, {}).written).toContain('schema/api.graphql');
    expect(readFileSync(join(root, 'schema/api.graphql'), 'utf8')).not.toContain('colour');
  });

  it('compares with the commit before too, so that a break cannot be regenerated away', () => {
    const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: root, stdio: 'ignore' });
    const commit = (message: string) => (git('add', '.'), git('commit', '-qm', message));
    git('init', '-q', '-b', 'main');
    run(false, { colour: true });
    commit('with colour');
    rmSync(join(root, 'schema/api.graphql'));
    run(false, {});
    commit('without');
    expect(run(true, {}).faults).toEqual([expect.stringContaining('breaking: Widget.colour was removed.')]);
    put('schema/breaking.json', JSON.stringify([{ change: 'Widget.colour was removed.', reason: 'nobody saw it', since: '2026-01-01' }]));
    expect(run(true, {}).faults).toEqual([]);
  });

  it('names breaking changes when it is told why', () => {
    run(false, { colour: true });
    const report = runPipeline({ root, definitions: [widgetHub()], configs, check: false, accept: { reason: 'nobody saw it', since: '2026-01-01' } });
    expect(report.written).toContain('schema/api.graphql');
    expect(JSON.parse(readFileSync(join(root, 'schema/breaking.json'), 'utf8'))).toEqual([{ change: 'Widget.colour was removed.', reason: 'nobody saw it', since: '2026-01-01' }]);
  });

  it('refuses a list of breaking changes without reasons', () => {
    run(false, {});
    put('schema/breaking.json', '[{ "change": "x" }]');
    expect(() => run(false, {})).toThrow('must be a list of');
  });

  it('finds an operation that does not fit the schema, by file and line', () => {
    put('schema/operations/good.graphql', 'query Good($id: ID!) { widget(id: $id) { name } }');
    put('schema/operations/bad.graphql', 'query Bad {\n  widgets { name }\n}');
    put('schema/operations/torn.graphql', 'query {');
    expect(run(false, {}).faults).toEqual([
      'schema/operations/bad.graphql:2: Cannot query field "widgets" on type "Query". Did you mean "widget"?',
      'schema/operations/torn.graphql:1: Syntax Error: Expected Name, found <EOF>.',
    ]);
  });
});
