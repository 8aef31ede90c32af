import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HubDoor } from '@hubgraph/kit/hub-door';
import { announce, heldRequest, makePackage, secondDoor, startArtifactsHub, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { until } from '../../../../test/harness/until.ts';
import { hashStream } from '../content/digest.ts';

let hub: ArtifactsHub;
/** The same hub as another process. */
let other: HubDoor;
beforeAll(async () => {
  hub = await startArtifactsHub();
  other = await secondDoor(hub);
});
afterAll(async () => {
  await other.close();
  await hub[Symbol.asyncDispose]();
});

const PATCH = (at: number) => ({ 'tus-resumable': '1.0.0', 'content-type': 'application/offset+octet-stream', 'upload-offset': String(at) });
const patch = (url: string, at: number, body: Uint8Array) => fetch(url, { method: 'PATCH', body: body as BodyInit, headers: PATCH(at) });
const head = (url: string) => fetch(url, { method: 'HEAD' });
const elsewhere = (url: string) => `${other.url}${new URL(url).pathname}`;
async function digestsOf(content: Uint8Array) {
  const { sha256, blake3 } = await hashStream((async function* () { yield content; })());
  return { sha256, blake3 };
}
async function one(content: Uint8Array) {
  const packageId = await makePackage(hub);
  const [made] = await announce(hub, packageId, { 'a/b.txt': content });
  return { ...made!, packageId };
}
const fileOf = async (packageId: string) => (await hub.ask('query ($id: ID!) { artifactPackage(id: $id) { files { nodes { status sha256 blake3 uploadedBytes } } } }', { id: packageId })).artifactPackage.files.nodes[0];

it('is what tus-js-client speaks, over a broken connection too', async () => {
  const content = randomBytes(3_000_000);
  const { url, packageId } = await one(content);
  const cut = await heldRequest(url, 'PATCH', content.length, content.subarray(0, 1_234_567), PATCH(0));
  await until('half of it', async () => (await fileOf(packageId)).uploadedBytes > 500_000);
  cut.cut();
  const progress: number[] = [];
  await new Promise<void>((resolve, reject) => {
    new Upload(content, { uploadUrl: url, chunkSize: 700_000, retryDelays: [10, 20, 50], storeFingerprintForResuming: false, onProgress: (sent) => void progress.push(sent), onSuccess: () => resolve(), onError: reject }).start();
  });
  expect(progress[0]).toBeGreaterThan(500_000);
  expect(await fileOf(packageId)).toMatchObject({ status: 'COMPLETE', ...(await digestsOf(content)) });
});

it('gives the right digests however an upload is cut and wherever it goes on', async () => {
  const step = fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), how: fc.constantFrom('part', 'cut', 'elsewhere', 'head') });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 400_000 }), fc.array(step, { maxLength: 5 }), async (size, steps) => {
      const content = randomBytes(size);
      const { url, packageId } = await one(content);
      /** Sends up to `end`, as a client does: asks where it stands, and again when another request is still on its way out. */
      const sendTo = (end: number, to = url) =>
        until('bytes to be taken', async () => {
          const { ok, headers } = await head(to);
          const at = Number(headers.get('upload-offset'));
          if (!ok || at >= end) return ok;
          await patch(to, at, content.subarray(at, end));
          return false;
        });
      for (const { share, how } of steps) {
        const at = Number((await head(url)).headers.get('upload-offset'));
        const end = at + Math.floor((size - at) * share);
        if (how === 'cut') {
          const held = await heldRequest(url, 'PATCH', size - at, content.subarray(at, end), PATCH(at));
          held.cut();
          await held.closed;
        } else if (how !== 'head') await sendTo(end, how === 'part' ? url : elsewhere(url));
      }
      await sendTo(size);
      expect(await fileOf(packageId)).toMatchObject({ status: 'COMPLETE', ...(await digestsOf(content)) });
    }),
    { numRuns: 40 },
  );
}, 60_000);
