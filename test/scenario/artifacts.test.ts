import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3Bucket, s3Service } from '../harness/ceph.ts';
import { operation, startSampleGraph, type SampleGraph } from '../harness/sample-graph.ts';

const RUN = join(import.meta.dirname, '../../subgraphs/artifacts/src/client/fixtures/guide-board');
/** What the fixture is, whenever, wherever and in whatever order it is preserved. */
const digests = new Set<string>();

const s3 = await s3Service();
const bucket = (more: Readonly<Record<string, string>> = {}) => async () => ({ ...(await s3Bucket(s3.service!, { lock: true })), ...more });
const places: readonly { topology: 'single' | 'processes'; storage: string; settings: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>> }[] = [
  { topology: 'single', storage: 'files', settings: () => ({}) },
  { topology: 'processes', storage: 'files', settings: () => ({}) },
  ...(s3.service === undefined ? [] : [
    { topology: 'single' as const, storage: 'S3, by the hub', settings: bucket() },
    { topology: 'processes' as const, storage: 'S3, directly', settings: bucket({ HUBGRAPH_S3_DIRECT: 'yes' }) },
  ]),
];

// An assessment run is preserved, looked at, held, fetched and verified by the commands and operations of the README.
describe.each(places)('evidence in the topology $topology, stored in $storage', ({ topology, settings }) => {
  let graph: SampleGraph;
  let folder: string;
  let id: string;
  const post = async (...asked: Parameters<SampleGraph['post']>) => (await graph.post(...asked)).body;
  const hubgraph = (...args: Parameters<SampleGraph['hubgraph']>) => graph.hubgraph(...args);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evidence-'));
    graph = await startSampleGraph(topology, await settings());
  }, 90_000);
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it('preserves an assessment run under the same digest everywhere, and once', async () => {
    const ingest = () => hubgraph('author', 'artifacts', 'ingest', 'guide-board', RUN, '--repo', 'state-hub', '--workstream', 'CUST-WP-0025', '--retention-class', 'release-evidence', '--json');
    const first = await ingest();
    expect(first).toMatchObject({ code: 0 });
    id = JSON.parse(first.stdout).packageId;
    const { data } = await post(operation('evidence-package'), { id }, 'viewer');
    expect(data.artifactPackage).toMatchObject({ status: 'FINALIZED', manifestDigest: expect.stringMatching(/^blake3:[0-9a-f]{64}$/), retention: { class: 'release-evidence', eligible: false }, holds: [], repo: { slug: 'state-hub' }, workstream: { code: 'CUST-WP-0025', status: 'ACTIVE' } });
    expect(data.artifactPackage.files.totalCount).toBeGreaterThanOrEqual(8);
    expect(data.artifactPackage.auditEvents.nodes.length).toBeGreaterThan(0);
    expect(data.workstream.artifactPackages.nodes).toContainEqual({ id, manifestDigest: data.artifactPackage.manifestDigest });
    digests.add(data.artifactPackage.manifestDigest);
    expect(digests.size).toBe(1);
    const again = await ingest();
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
    const journal = await post('{ workstream(code: "CUST-WP-0025") { progress(first: 200) { nodes { summary details } } } }', {}, 'viewer');
    expect(JSON.stringify(journal.data).split(id).length - 1).toBeGreaterThan(0);
  });

  it('gives every file with its bytes, by URLs that need no token and cannot be changed', async () => {
    const { data } = await post(operation('evidence-package'), { id }, 'viewer');
    for (const file of data.artifactPackage.files.nodes) {
      const response = await fetch(file.downloadUrl);
      const bytes = Buffer.from(await response.arrayBuffer());
      expect([bytes.byteLength, createHash('sha256').update(bytes).digest('hex')]).toEqual([file.size, file.sha256]);
      expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
    const [{ downloadUrl, size }] = data.artifactPackage.files.nodes;
    const part = await fetch(downloadUrl, { headers: { range: 'bytes=1-3' } });
    expect([part.status, part.headers.get('content-range'), (await part.arrayBuffer()).byteLength]).toEqual([206, `bytes 1-3/${size}`, 3]);
    expect((await fetch(`${downloadUrl.slice(0, -4)}AAAA`)).status).toBe(401);
  });

  it('verifies offline, and finds what was changed', async () => {
    const manifest = join(folder, 'manifest.cbor');
    expect(await hubgraph('viewer', 'artifacts', 'manifest', id, '--out', manifest)).toMatchObject({ code: 0 });
    const copy = join(folder, 'copy');
    expect(await hubgraph('viewer', 'artifacts', 'download', id, copy)).toMatchObject({ code: 0 });
    expect(await hubgraph('viewer', 'artifacts', 'verify', copy, '--manifest', manifest)).toMatchObject({ code: 0 });
    const { data } = await post('query ($id: ID!) { artifactPackage(id: $id) { downloadUrl } }', { id }, 'viewer');
    expect(await hubgraph('viewer', 'artifacts', 'verify', data.artifactPackage.downloadUrl, '--manifest', manifest)).toMatchObject({ code: 0 });
    const target = join(copy, 'run.json');
    await writeFile(target, `${await readFile(target, 'utf8')} `);
    expect(await hubgraph('viewer', 'artifacts', 'verify', copy, '--manifest', manifest)).toMatchObject({ code: 1, stdout: expect.stringContaining('run.json') });
  });

  it('is kept by its retention and by holds, and deleted by nobody before', async () => {
    const extended = await post('mutation ($id: ID!) { extendRetention(input: { id: $id, until: "2090-01-01T00:00:00Z", reason: "an appeal" }) { package { retention { expiresAt } } errors { code message } } }', { id }, 'operator');
    expect(extended.data.extendRetention).toMatchObject({ package: { retention: { expiresAt: '2090-01-01T00:00:00.000Z' } }, errors: [] });
    const held = await post('mutation ($id: ID!) { placeHold(input: { id: $id, reason: "an appeal", authority: "court" }) { hold { id status } errors { code message } } }', { id }, 'operator');
    expect(held.data.placeHold).toMatchObject({ hold: { status: 'ACTIVE' }, errors: [] });
    const refused = await post('mutation ($id: ID!) { deleteArtifactPackage(input: { id: $id, reason: "space" }) { package { id } errors { __typename ... on TransitionRefused { unmet { code } } } } }', { id }, 'operator');
    expect(refused.data.deleteArtifactPackage).toMatchObject({ package: null, errors: [{ __typename: 'TransitionRefused', unmet: [{ code: 'NOT_EXPIRED' }, { code: 'HELD' }] }] });
    const { data } = await post('{ deletionEligibility(first: 100) { nodes { eligible artifactPackage { id } reasons { code } } } }', {}, 'operator');
    expect(data.deletionEligibility.nodes.find((line: any) => line.artifactPackage.id === id)).toMatchObject({ eligible: false });
    expect(await hubgraph('viewer', 'artifacts', 'audit', '--verify')).toMatchObject({ code: 0 });
    expect(await hubgraph('operator', 'artifacts', 'scrub', '--all', '--wait')).toMatchObject({ code: 0 });
  });
});
