import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce, filled, makePackage, startArtifactsHub, upload, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { as } from '../../../../test/harness/hub.ts';
import { blake3Of } from '../content/digest.ts';

let hub: ArtifactsHub;
const author = as('author');
beforeAll(async () => {
  hub = await startArtifactsHub({ env: { HUBGRAPH_ARTIFACTS_MAX_FILES: '2500', HUBGRAPH_ARTIFACTS_MAX_FILE: '1' } });
});
afterAll(() => hub[Symbol.asyncDispose]());

const FIELDS = 'package { id status version fileCount byteCount } uploads { file { id path status size mediaType sha256 } url method offset expiresAt direct headers { name value } } notices { path message }';
const request = (packageId: string, files: readonly object[], more: object = {}) => hub.change('requestUpload', { packageId, files, ...more }, FIELDS, author);
const faults = async (packageId: string, files: readonly object[]) => (await request(packageId, files)).errors.map(({ __typename, path, message }) => `${__typename} ${path.slice(1).join('.')}: ${message}`);

describe('announcing files', () => {
  it('opens the package, says where the bytes go, and tells', async () => {
    const id = await makePackage(hub);
    const answer = await request(id, [{ path: 'b.json', size: 3 }, { path: 'a/c', size: 500_000_000, mediaType: 'text/plain; charset=utf-8' }]);
    expect(answer).toMatchObject({
      package: { status: 'UPLOADING', version: 2, fileCount: 2, byteCount: 500_000_003 },
      uploads: [{ file: { path: 'b.json', status: 'PENDING', size: 3, mediaType: 'application/json', sha256: null }, method: 'PUT', offset: 0, direct: false, headers: [] }, { file: { path: 'a/c', mediaType: 'text/plain; charset=utf-8' } }],
      notices: [], errors: [], events: [{ type: 'org.artifactstore.package.uploading' }],
    });
    expect(answer.uploads[0].url).toMatch(new RegExp(`^${hub.url}/artifacts/uploads/[\\w.-]+$`));
    expect(Date.parse(answer.uploads[0].expiresAt) - Date.now()).toBeGreaterThan(59 * 60_000);
    const [row] = await hub.database.sql.query<{ event: any }>(`SELECT "event" FROM "outbox" WHERE "eventId" = $1::uuid`, [answer.events[0]!.id]);
    expect(row!.event).toMatchObject({ subject: `artifactpackage/${id}`, data: { id, from: 'CREATED', to: 'UPLOADING', fileCount: 2, byteCount: 500_000_003 } });
    const { artifactPackage } = await hub.ask('query ($id: ID!) { artifactPackage(id: $id) { history { verb from to } auditEvents { nodes { action actor } } } }', { id });
    expect(artifactPackage.history).toEqual([{ verb: 'createArtifactPackage', from: null, to: 'CREATED' }, { verb: 'requestUpload', from: 'CREATED', to: 'UPLOADING' }]);
    expect(artifactPackage.auditEvents.nodes.map((event: { action: string }) => event.action)).toEqual(['createArtifactPackage', 'requestUpload']);
  });

  it('goes on with what is announced again as it was, and changes nothing', async () => {
    const id = await makePackage(hub);
    const digests = { sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', blake3: blake3Of(Buffer.from('hello')) };
    const files = [{ path: 'plain', size: 5 }, { path: 'claimed', size: 5, ...digests }];
    const first = await request(id, files);
    await fetch(first.uploads[0].url, { method: 'PATCH', body: 'he', headers: { 'tus-resumable': '1.0.0', 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' } });
    await upload(first.uploads[1].url, 'hello');
    const again = await request(id, files);
    expect(again.uploads.map(({ file, offset, url }: any) => [file.id, file.status, offset, url === null])).toEqual([[first.uploads[0].file.id, 'PENDING', 2, false], [first.uploads[1].file.id, 'COMPLETE', 5, true]]);
    expect([again.package.version, again.events]).toEqual([2, []]);
    await upload(again.uploads[0].url, 'hello');
    expect(await faults(id, [{ path: 'plain', size: 5 }, { path: 'claimed', size: 6 }, { path: 'new', size: 1 }])).toEqual([
      'Duplicate files.0.path: The package has a file plain already, complete; say `replace` to put another in its place.',
      'Duplicate files.1.path: The package has a file claimed already, complete; say `replace` to put another in its place.',
    ]);
    const replaced = await request(id, [{ path: 'plain', size: 1, replace: true }, { path: 'claimed', size: 5, ...digests, replace: true }, { path: 'new', size: 1, replace: true }]);
    expect(replaced.package).toMatchObject({ fileCount: 3, byteCount: 7 });
    expect(replaced.uploads.map(({ file }: any) => [file.path, file.status])).toEqual([['plain', 'PENDING'], ['claimed', 'COMPLETE'], ['new', 'PENDING']]);
    expect(replaced.uploads[0].file.id).not.toBe(first.uploads[0].file.id);
    expect((await fetch(again.uploads[0].url, { method: 'PUT', body: 'hello' })).status).toBe(404);
  });

  it('refuses paths and facts that cannot be, all at once', async () => {
    const id = await filled(hub, { 'there/is/one': '1', File: '2' });
    expect(await faults(id, [{ path: '../x', size: 1 }, { path: 'a', size: -1 }, { path: 'b', size: 2 ** 40, mediaType: 'text' }, { path: 'c', size: 1 }, { path: 'c', size: 1 }, { path: 'c/d', size: 1 }, { path: '.hubgraph/manifest.cbor', size: 1 }, { path: 'x', size: 1, mediaType: 'text/html\r\nx: y' }])).toEqual([
      'InvalidInput files.0.path: "../x" is no path of a file here: it has a part ...', 'InvalidInput files.1.size: A file has 0 to 1073741824 bytes.', 'InvalidInput files.2.size: A file has 0 to 1073741824 bytes.',
      'InvalidInput files.2.mediaType: A media type is written like text/plain or text/plain; charset=utf-8.', 'InvalidInput files.3.path: "c" is no path of a file here: it is a folder of another file of this call.',
      'InvalidInput files.4.path: "c" is no path of a file here: it is announced twice in this call.', 'InvalidInput files.6.path: ".hubgraph/manifest.cbor" is no path of a file here: .hubgraph is reserved for the manifest.',
      'InvalidInput files.7.mediaType: A media type is written like text/plain or text/plain; charset=utf-8.',
    ]);
    expect(await faults(id, [{ path: 'there', size: 1 }, { path: 'File/x', size: 1 }, { path: 'File.x', size: 1 }])).toEqual([
      'InvalidInput files.0.path: there is a folder of the package: there/is/one lies below it.', 'InvalidInput files.1.path: File is a file of the package, so File/x cannot lie below it.',
    ]);
    expect((await request(id, [{ path: 'file', size: 1 }, { path: 'x/A', size: 1 }, { path: 'x/a', size: 1 }])).notices).toEqual([
      { path: 'x/a', message: 'x/a and x/A differ in case only: some systems cannot hold both in one folder.' }, { path: 'file', message: 'file and File differ in case only: some systems cannot hold both in one folder.' },
    ]);
    expect(await faults(id, [])).toEqual(['InvalidInput files: A call announces 1 to 1000 files.']);
    expect((await request('0198c0de-0000-7000-8000-000000000000', [{ path: 'a', size: 1 }])).errors).toMatchObject([{ __typename: 'NotFound', path: ['input', 'packageId'] }]);
    expect((await request(id, [{ path: 'a', size: 1 }], { expectedVersion: 1 })).errors).toMatchObject([{ __typename: 'VersionConflict' }]);
    await expect(hub.change('requestUpload', { packageId: id, files: [] }, 'package { id }', as('viewer'))).rejects.toThrow('artifacts:write');
  });

  it('tries without writing, and gives the first answer again for the same key', async () => {
    const id = await makePackage(hub);
    const dry = await request(id, [{ path: 'a', size: 1 }], { dryRun: true });
    expect(dry).toMatchObject({ package: { status: 'UPLOADING', fileCount: 1 }, uploads: [{ file: { path: 'a' }, url: null, method: null, expiresAt: null, offset: 0 }], errors: [], events: [] });
    const first = await request(id, [{ path: 'a', size: 1 }], { idempotencyKey: 'once' });
    const second = await request(id, [{ path: 'a', size: 1 }], { idempotencyKey: 'once' });
    expect([second.uploads[0].file, second.events]).toEqual([first.uploads[0].file, first.events]);
    expect((await fetch(second.uploads[0].url, { method: 'PUT', body: '1' })).status).toBe(200);
  });

  it('takes a thousand in well under a second and in few statements, up to the limit', async () => {
    const id = await makePackage(hub);
    const batch = (from: number) => Array.from({ length: 1_000 }, (_, index) => ({ path: `logs/${from + index}/deep/er/file-${index}.txt`, size: 100, sha256: 'a'.repeat(64) }));
    await request(id, batch(0));
    const begun = performance.now();
    const answer = await request(id, batch(1_000));
    expect(answer.uploads).toHaveLength(1_000);
    expect(answer.uploads[999].file.path).toBe('logs/1999/deep/er/file-999.txt');
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect((await request(id, batch(2_000))).errors).toMatchObject([{ message: 'The package would have 3000 files; it may have 2500.' }]);
    expect((await request(id, batch(1_000))).errors).toEqual([]);
  });
});

describe('bytes that went to the storage directly', () => {
  const complete = (fileId: string, more: object = {}) => hub.change('completeUpload', { fileId, ...more }, 'file { path status blake3 }', author);

  it('are read back, compared and completed, however often it is said', async () => {
    const id = await makePackage(hub);
    const [good, short, wrong] = await announce(hub, id, { a: 'hello', b: 'hello', c: 'hello' }, { blake3: blake3Of(Buffer.from('hello')) });
    const staged = (fileId: string, content: string) => writeFile(join(hub.root, 'staging', fileId), content);
    await Promise.all([staged(good!.file.id, 'hello'), staged(short!.file.id, 'hel'), staged(wrong!.file.id, 'jello')]);
    expect(await complete(good!.file.id, { dryRun: true })).toMatchObject({ file: { status: 'PENDING' }, errors: [] });
    for (let time = 0; time < 2; time++) expect(await complete(good!.file.id)).toMatchObject({ file: { path: 'a', status: 'COMPLETE', blake3: blake3Of(Buffer.from('hello')) }, errors: [] });
    expect((await complete(short!.file.id)).errors).toMatchObject([{ __typename: 'InvalidInput', message: "The storage has 3 of the file's 5 bytes.", path: ['input', 'fileId'] }]);
    expect((await complete(wrong!.file.id)).errors).toMatchObject([{ __typename: 'InvalidInput', message: expect.stringContaining('The BLAKE3 of what arrived is') }]);
    expect((await complete('nothing')).errors).toMatchObject([{ __typename: 'NotFound', path: ['input', 'fileId'] }]);
    await expect(hub.change('completeUpload', { fileId: good!.file.id }, 'file { id }', as('viewer'))).rejects.toThrow('artifacts:write');
  });
});

describe('files of packages', () => {
  it('come by path in the order of the manifest, filtered, for many packages in one statement', async () => {
    const ids = [await filled(hub, { b: '1', 'B/x': '2', 'a/2': '3', 'a/10': '4', ä: '5' }), await filled(hub, { 'a/z': '1' })];
    await announce(hub, ids[0]!, { 'a/3': 'x' });
    hub.counted();
    const { artifactPackages } = await hub.ask(`{ artifactPackages(first: 2) { nodes { id files(first: 3) { totalCount nodes { path package { id } locations { backend } } pageInfo { hasNextPage } } } } }`);
    expect(hub.counted().filter((text) => text.includes('"ArtifactFile"')).length).toBeLessThanOrEqual(2);
    expect(artifactPackages.nodes[1].files).toMatchObject({ totalCount: 6, nodes: [{ path: 'B/x' }, { path: 'a/10' }, { path: 'a/2' }], pageInfo: { hasNextPage: true } });
    const { artifactPackage } = await hub.ask('query ($id: ID!) { artifactPackage(id: $id) { below: files(filter: { pathPrefix: "a/" }) { nodes { path } } pending: files(filter: { status: PENDING }) { totalCount nodes { path } } } }', { id: ids[0] });
    expect(artifactPackage.below.nodes.map(({ path }: any) => path)).toEqual(['a/10', 'a/2', 'a/3']);
    expect(artifactPackage.pending).toEqual({ totalCount: 1, nodes: [{ path: 'a/3' }] });
  });

  it('can be taken out until it is finalized', async () => {
    const id = await filled(hub, { a: '1', b: '22', c: '333' });
    const gone = await hub.change('removeFile', { packageId: id, paths: ['a', 'c', 'a'] }, 'package { fileCount byteCount version files { nodes { path } } }', author);
    expect(gone).toMatchObject({ package: { fileCount: 1, byteCount: 2, version: 3, files: { nodes: [{ path: 'b' }] } }, errors: [], events: [{ type: 'org.artifactstore.package.updated' }] });
    expect((await hub.change('removeFile', { packageId: id, paths: ['b', 'x', 'y'] }, 'package { id }', author)).errors.map(({ __typename, path }) => [__typename, path.at(-1)])).toEqual([['NotFound', '1'], ['NotFound', '2']]);
    expect((await hub.change('removeFile', { packageId: id, paths: [] }, 'package { id }', author)).errors).toMatchObject([{ __typename: 'InvalidInput' }]);
    await hub.change('finalizeArtifactPackage', { id }, 'package { id }', author);
    expect((await hub.change('removeFile', { packageId: id, paths: ['b'] }, 'package { id }', author)).errors).toMatchObject([{ __typename: 'TransitionRefused' }]);
  });
});
