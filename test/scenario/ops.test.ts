import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Role } from '@hubgraph/kit/identity';
import { operation, startSampleGraph, type SampleGraph } from '../harness/sample-graph.ts';
import { createClient } from '../../client/src/client.ts';
import { until } from '../harness/until.ts';

// What an operator sees and does on the sample organisation: readiness across hubs, alerts live, events of other hubs.
describe.each(['single', 'processes'] as const)('operations in the topology %s', (topology) => {
  let graph: SampleGraph;
  const post = async (...asked: Parameters<SampleGraph['post']>) => (await graph.post(...asked)).body;

  beforeAll(async () => {
    graph = await startSampleGraph(topology);
  }, 90_000);
  afterAll(() => graph[Symbol.asyncDispose]());

  it('says whether a domain is ready, what is missing and who has to act', async () => {
    const { data, errors } = await post(operation('readiness'), {}, 'viewer');
    expect(errors).toBeUndefined();
    expect(data.readiness.ready).toBe(false);
    const gates = Object.fromEntries(data.readiness.gates.map((gate: any) => [gate.code, gate]));
    expect(gates['CORE-HUB-RELEASE']).toMatchObject({ status: 'READY', requirements: [{ kind: 'SMOKE', met: true, missing: [] }, { kind: 'PROBE', met: true, missing: [] }] });
    // what was seen on a developer's machine is evidence, and never counts
    expect(gates['CORE-HUB-RELEASE'].requirements[0].evidence.map((one: any) => one.environment).sort()).toEqual(['PRODUCTION', 'STAGING']);
    expect(gates['CORE-HUB-CUTOVER']).toMatchObject({ status: 'PENDING', requirements: [{ kind: 'DUAL_RUN', met: false, evidence: [], missing: [expect.stringContaining('DUAL_RUN')] }, { kind: 'BACKUP_RESTORE', met: true }] });
    expect(data.readiness.openAlerts.map((alert: any) => [alert.severity, alert.subject])).toEqual(expect.arrayContaining([['CRITICAL', { __typename: 'Service', slug: 'warehouse' }], ['ERROR', { __typename: 'Service', slug: 'core-hub' }]]));
    expect(data.readiness.openAlerts.find((alert: any) => alert.workstream !== null).workstream).toEqual({ code: 'CUST-WP-0025', owner: 'mara' });
    expect(data.readiness.actionRequired).toContainEqual(expect.objectContaining({ who: 'jonas' }));
    expect(data.service).toMatchObject({ repo: { slug: 'core-hub' }, domain: { slug: 'infotech' }, deployments: { nodes: [{ environment: 'PRODUCTION', result: 'SUCCEEDED' }, { environment: 'STAGING' }, { environment: 'PRODUCTION' }] }, openAlerts: { nodes: [{ severity: 'ERROR', title: 'Core hub answers slowly' }] } });
  });

  it('passes a gate by a person, and lets it fall back when another release runs', async () => {
    const gate = async () => (await post('{ gate(code: "CORE-HUB-RELEASE") { id status allowedTransitions { verb allowed } } }', {}, 'operator')).data.gate;
    const { id } = await gate();
    const refused = await post('mutation ($id: ID!) { waiveGate(input: { id: $id }) { gate { id } errors { __typename } } }', { id }, 'operator');
    expect(refused.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', missingScopes: ['gates:waive'] } }]);
    expect(await post('mutation ($id: ID!) { passGate(input: { id: $id }) { gate { status } errors { message } } }', { id }, 'operator')).toMatchObject({ data: { passGate: { gate: { status: 'PASSED' }, errors: [] } } });
    await post(`mutation { recordDeployment(input: { service: "core-hub", environment: PRODUCTION, releaseDigest: "sha256:${'e'.repeat(64)}", result: SUCCEEDED }) { errors { message } } }`, {}, 'operator');
    expect(await gate()).toMatchObject({ status: 'PENDING' });
  });

  it('shows open alerts first and then what changes, with their workstreams and repos', async () => {
    const client = createClient({ url: graph.url, token: () => graph.token('operator') });
    onTestFinished(() => client.close());
    // two of the sample itself, and one that the bill of materials of another hub raised
    const open = () => post('{ alerts(filter: { open: true, severities: [ERROR, CRITICAL] }) { totalCount } }', {}, 'operator');
    await until('the alerts of the sample', async () => (await open()).data.alerts.totalCount === 3);
    const watch = client.subscribe(operation('alerts'));
    const present: any[] = [];
    for (let value = (await watch.next()).value; value?.kind !== 'ready'; value = (await watch.next()).value) present.push(value?.kind === 'event' && value.data.alertChanged);
    expect(present.map(({ replayed, from, to, alert }: any) => [replayed, from, to, alert.severity]).sort()).toEqual([[true, null, 'RAISED', 'CRITICAL'], [true, null, 'RAISED', 'ERROR'], [true, null, 'RAISED', 'ERROR']]);
    expect(present.find(({ alert }: any) => alert.workstream)?.alert).toMatchObject({ service: { slug: 'core-hub', repo: { slug: 'core-hub' } }, workstream: { code: 'CUST-WP-0025', title: expect.any(String), tasks: { nodes: [{ code: expect.any(String) }, {}] } } });
    await post('mutation { raiseAlert(input: { dedupKey: "a", severity: WARNING, title: "not for this client", service: "core-hub" }) { errors { message } } }', {}, 'operator');
    const { id } = present.find(({ alert }: any) => alert.workstream).alert;
    expect(await post('mutation ($id: ID!) { acknowledgeAlert(input: { id: $id }) { alert { owner } errors { message } } }', { id }, 'operator')).toMatchObject({ data: { acknowledgeAlert: { alert: { owner: 'operator' }, errors: [] } } });
    expect((await watch.next()).value).toMatchObject({ kind: 'event', data: { alertChanged: { replayed: false, from: 'RAISED', to: 'ACKNOWLEDGED', alert: { id } } } });
  });

  it('turns what other hubs tell into alerts, and resolves them when the cause is gone', async () => {
    const alert = async () => (await post('{ alerts(filter: { repos: ["core-hub"], open: null }) { nodes { dedupKey status title } } }', {}, 'viewer')).data.alerts.nodes.find((one: any) => one.dedupKey === 'copyleft/core-hub');
    const ingest = (licence: string, version: string) => post('mutation ($input: IngestSbomInput!) { ingestSbom(input: $input) { errors { message } } }', { input: { repo: 'core-hub', packages: [{ purl: `pkg:npm/thing@${version}`, direct: true, scope: 'PROD', declaredLicence: licence }], files: [{ name: 'package-lock.json', kind: 'PACKAGE_LOCK', sha256: version.padStart(64, '0') }] } }, 'author');
    expect(await ingest('GPL-3.0-only', '1')).toMatchObject({ data: { ingestSbom: { errors: [] } } });
    await until('the alert', async () => (await alert())?.status === 'RAISED');
    expect(await ingest('MIT', '2')).toMatchObject({ data: { ingestSbom: { errors: [] } } });
    await until('its end', async () => (await alert())?.status === 'RESOLVED');
  });

  it('takes events of pipelines over HTTP, once, from those who may write', async () => {
    const [, door = ''] = /Hub ops is up[^(]*\((?:bytes at |process \d+, )(\S+?)\)/.exec(graph.product.output()) ?? [];
    const event = { specversion: '1.0', id: 'run-1', source: '/ci/core-hub', type: 'dev.cdevents.service.deployed.0.2.0', time: new Date().toISOString(), datacontenttype: 'application/json', data: { context: { version: '0.4.1', id: 'run-1', source: '/ci/core-hub', type: 'dev.cdevents.service.deployed.0.2.0', timestamp: new Date().toISOString() }, subject: { id: 'core-hub', type: 'service', content: { environment: { id: 'staging' }, artifactId: `pkg:oci/core-hub@sha256%3A${'f'.repeat(64)}` } } } };
    const send = async (role: Role) => fetch(`${door}/events`, { method: 'POST', headers: { 'content-type': 'application/cloudevents+json', authorization: `Bearer ${await graph.token(role)}` }, body: JSON.stringify(event) });
    expect((await send('viewer')).status).toBe(403);
    for (let again = 0; again < 2; again++) {
      const response = await send('author');
      expect([response.status, await response.text()]).toEqual([expect.toSatisfy((status: number) => status >= 200 && status < 300), expect.any(String)]);
    }
    const { data } = await post('{ deployments(filter: { services: ["core-hub"], environments: [STAGING] }) { nodes { releaseDigest source } } }', {}, 'viewer');
    expect(data.deployments.nodes.filter((one: any) => one.releaseDigest === `sha256:${'f'.repeat(64)}`)).toHaveLength(1);
  });

  it('syncs an inventory by the command line, and says that no event waits', async () => {
    const file = join(import.meta.dirname, '../../subgraphs/ops/src/inventory/fixtures/inventory.yaml');
    expect(await graph.hubgraph('operator', 'ops', 'inventory', 'sync', file, '--dry-run')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 would be created, 4 would be updated') });
    const own = join(graph.dataDir, 'inventory.csv');
    await writeFile(own, 'slug,domain,owner,tier,environments\nledger,infotech,jonas,2,production\n');
    expect(await graph.hubgraph('operator', 'ops', 'inventory', 'sync', own)).toMatchObject({ code: 0, stdout: expect.stringContaining('1 created') });
    expect(await graph.hubgraph('operator', 'ops', 'inventory', 'sync', own)).toMatchObject({ code: 0, stdout: expect.stringContaining('1 unchanged') });
    expect(await graph.hubgraph('viewer', 'ops', 'poison', 'list')).toMatchObject({ code: 0, stdout: expect.stringContaining('No event waits') });
  });
});
