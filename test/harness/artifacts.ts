import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock, type Clock } from '@hubgraph/kit/clock';
import { openDoor, type HubDoor } from '@hubgraph/kit/hub-door';
import type { StorageBackend } from '../../subgraphs/artifacts/src/storage/backend.ts';
import { openLocal } from '../../subgraphs/artifacts/src/storage/local.ts';
import { openDatabase } from '../../subgraphs/artifacts/src/store/index.ts';
import { definition } from '../../subgraphs/artifacts/src/subgraph.ts';
import { transferHttp } from '../../subgraphs/artifacts/src/transfer/http.ts';
import { signedUrls } from '../../subgraphs/artifacts/src/transfer/signed-url.ts';
import { as, startTestHub, TEST_KEY, type TestHub } from './hub.ts';

/** The artifacts hub with local storage in a folder of its own, and with its door for bytes. */
export interface ArtifactsHub extends TestHub {
  /** Origin of the door. */
  readonly url: string;
  /** Folder of the local storage. */
  readonly root: string;
  readonly door: HubDoor;
}

/** A file as tests write it: its content by its path. */
export type Contents = Readonly<Record<string, string | Uint8Array>>;

/** An announced file as {@link announce} answers it. */
export interface Announced {
  readonly file: { readonly id: string; readonly path: string; readonly status: 'PENDING' | 'COMPLETE' };
  /** Null when nothing is to be uploaded. */
  readonly url: string;
  readonly offset: number;
}

/** Starts the artifacts hub on a fresh database and an empty folder. */
export async function startArtifactsHub(options: { clock?: Clock; natsUrl?: string; start?: boolean; env?: Readonly<Record<string, string>> } = {}): Promise<ArtifactsHub> {
  const root = await mkdtemp(join(tmpdir(), 'artifacts-'));
  const doors: HubDoor[] = [];
  const hub = await startTestHub(definition, { ...options, env: { HUBGRAPH_ARTIFACTS_ROOT: root, ...options.env }, publicUrl: () => doors[0]?.url ?? '' });
  const door = await openDoor(hub.hub, { host: '127.0.0.1', port: 0 });
  doors.push(door);
  return {
    ...hub, root, door, url: door.url,
    async [Symbol.asyncDispose]() {
      await door.close();
      await hub[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}

const author = as('author');

/** Creates a package; answers its id. */
export async function makePackage(hub: TestHub, input: object = {}): Promise<string> {
  const { package: made, errors } = await hub.change('createArtifactPackage', { producer: 'tests', subject: 'something', retentionClass: 'raw-evidence', ...input }, 'package { id }', author);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return made.id;
}

/** Announces files; `more` goes into each, such as `{ replace: true }`. */
export async function announce(hub: TestHub, packageId: string, contents: Contents, more: object = {}): Promise<readonly Announced[]> {
  const files = Object.entries(contents).map(([path, content]) => ({ path, size: Buffer.byteLength(content), ...more }));
  const { uploads, errors } = await hub.change('requestUpload', { packageId, files }, 'uploads { file { id path status } url offset }', author);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return uploads;
}

/** Sends a whole file in one request; throws unless it is taken. */
export async function upload(url: string, content: string | Uint8Array): Promise<{ readonly id: string; readonly path: string; readonly size: number; readonly sha256: string; readonly blake3: string }> {
  const answer = await fetch(url, { method: 'PUT', body: content as BodyInit });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as never;
}

/** Creates a package of these files and uploads them; answers its id. */
export async function filled(hub: TestHub, contents: Contents, input: object = {}): Promise<string> {
  const id = await makePackage(hub, input);
  for (const { file, url } of await announce(hub, id, contents)) await upload(url, contents[file.path]!);
  return id;
}

/** The same, finalized. */
export async function finalized(hub: TestHub, contents: Contents = { 'report.txt': 'all is well' }, input: object = {}): Promise<string> {
  const id = await filled(hub, contents, input);
  const { errors } = await hub.change('finalizeArtifactPackage', { id }, 'package { id }', author);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return id;
}

/** A second process of the hub, as far as transfers go: its own door, pool and memory over the same database and folder. */
export async function secondDoor(hub: ArtifactsHub, options: { clock?: Clock; idle?: number; backends?: readonly StorageBackend[] } = {}): Promise<HubDoor> {
  const clock = options.clock ?? systemClock;
  const database = openDatabase(hub.database.url, 4);
  const backends = options.backends ?? [await openLocal(hub.root)];
  const urls = signedUrls({ keys: [TEST_KEY], origin: () => '', minutes: 60, clock });
  const http = transferHttp({ sql: database.sql, backends, urls, clock, log: pino({ level: 'silent' }), ...(options.idle === undefined ? {} : { idle: options.idle }) });
  const door = await openDoor({ ...hub.hub, http }, { host: '127.0.0.1', port: 0 });
  return {
    url: door.url,
    async close() {
      await door.close();
      await database.close();
    },
  };
}

/** Sends the beginning of a request that announces `length` bytes, and holds the connection open; `cut` ends it. */
export async function heldRequest(url: string, method: 'PUT' | 'PATCH', length: number, beginning: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<{ cut(): void; readonly closed: Promise<string> }> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (bytes: Buffer) => void (answer += bytes.toString())).on('error', () => undefined);
  const closed = new Promise<string>((resolve) => void socket.once('close', () => resolve(answer)));
  const lines = [`${method} ${pathname} HTTP/1.1`, `Host: ${hostname}`, `Content-Length: ${length}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  await new Promise<void>((resolve) => void socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), beginning]), () => resolve()));
  return { cut: () => void socket.destroy(), closed };
}
