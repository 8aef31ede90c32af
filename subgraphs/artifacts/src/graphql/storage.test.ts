import { afterAll, beforeAll, expect, it } from 'vitest';
import { filled, startArtifactsHub, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { as } from '../../../../test/harness/hub.ts';

let hub: ArtifactsHub;
beforeAll(async () => {
  hub = await startArtifactsHub({ env: { HUBGRAPH_ARTIFACTS_STORAGE: 'local,s3', HUBGRAPH_S3_BUCKET: 'b', HUBGRAPH_S3_ENDPOINT: 'http://127.0.0.1:1', HUBGRAPH_S3_ACCESS_KEY: 'a', HUBGRAPH_S3_SECRET_KEY: 'b' } });
});
afterAll(() => hub[Symbol.asyncDispose]());

it('tells of each storage whether it works and what it holds', async () => {
  await filled(hub, { 'a.txt': 'some bytes', 'b.txt': 'some bytes', 'c.txt': 'others' });
  const { storageBackends } = await hub.ask('{ storageBackends { name primary ready reason freeBytes objects bytes damaged } }', {}, as('viewer'));
  expect(storageBackends).toEqual([
    { name: 'local', primary: true, ready: true, reason: null, freeBytes: expect.any(Number), objects: 2, bytes: 16, damaged: 0 },
    { name: 's3', primary: false, ready: false, reason: 'S3 cannot be reached', freeBytes: null, objects: 0, bytes: 0, damaged: 0 },
  ]);
  expect(await hub.hub.health()).toEqual(expect.arrayContaining([{ part: 'artifacts.storage.local', ready: true }, { part: 'artifacts.storage.s3', ready: false, reason: 'S3 cannot be reached' }]));
});
