import { expect, it } from 'vitest';
import { startArtifactsHub } from '../../../test/harness/artifacts.ts';
import { sample } from './sample.ts';

const SEEN = '{ artifactPackages(first: 50, orderBy: CREATED) { totalCount nodes { subject status manifestDigest claimedManifestDigest fileCount holds { active } retention { eligible } files(first: 50) { nodes { status } } } } storageLocations { totalCount } }';

it('puts packages of every kind in, and changes nothing the second time', async () => {
  await using hub = await startArtifactsHub();
  await sample(hub.hub);
  const { artifactPackages } = await hub.ask(SEEN);
  expect(artifactPackages.nodes.map(({ status, fileCount, holds }: { status: string; fileCount: number; holds: { active: boolean }[] }) => [status, fileCount, holds.length])).toEqual([['FINALIZED', 9, 0], ['FINALIZED', 3, 1], ['UPLOADING', 3, 0], ['FINALIZED', 2, 0]]);
  for (const { status, manifestDigest, claimedManifestDigest } of artifactPackages.nodes) if (status === 'FINALIZED') expect(manifestDigest).toBe(claimedManifestDigest);
  expect(artifactPackages.nodes[2].files.nodes.map(({ status }: { status: string }) => status).sort()).toEqual(['COMPLETE', 'PENDING', 'PENDING']);
  await expect.poll(async () => (await hub.ask(SEEN)).artifactPackages.nodes[3].retention.eligible).toBe(true);
  const before = await hub.ask(SEEN);
  await sample(hub.hub);
  expect(await hub.ask(SEEN)).toEqual(before);
});

it('goes on where a first start was cut off', async () => {
  await using hub = await startArtifactsHub();
  const { execute } = hub.hub;
  let calls = 0;
  const cut = { ...hub.hub, execute: (request: Parameters<typeof execute>[0]) => (++calls === 7 ? Promise.reject(new Error('cut off')) : execute(request)) };
  await expect(sample(cut)).rejects.toThrow('cut off');
  await sample(hub.hub);
  const { artifactPackages } = await hub.ask(SEEN);
  expect(artifactPackages.totalCount).toBe(4);
  expect(artifactPackages.nodes.map(({ status, holds }: { status: string; holds: unknown[] }) => [status, holds.length])).toEqual([['FINALIZED', 0], ['FINALIZED', 1], ['UPLOADING', 0], ['FINALIZED', 0]]);
});
