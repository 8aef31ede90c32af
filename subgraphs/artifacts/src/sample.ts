import { parse } from 'graphql';
import { openDoor } from '@hubgraph/kit/hub-door';
import type { Hub } from '@hubgraph/kit/hub';
import { systemIdentity } from '@hubgraph/kit/identity';
import { createHasher } from './content/digest.ts';
import { encodeManifest, manifestDigest } from './content/manifest.ts';
import { PACKAGES, type SamplePackage } from './sample/packages.ts';

const identity = systemIdentity('sample');
/** In milliseconds: until its end in the past, a moment must pass. */
const MOMENT = 100;

const errors = 'errors { message }';
const DOCUMENTS = {
  find: parse('query ($digest: Blake3!) { artifactPackages(filter: { claimedManifestDigest: $digest }, first: 1) { nodes { id status retentionEvents { kind } holds { id } } } }'),
  createArtifactPackage: parse(`mutation ($input: CreateArtifactPackageInput!) { answer: createArtifactPackage(input: $input) { package { id status } ${errors} } }`),
  requestUpload: parse(`mutation ($input: RequestUploadInput!) { answer: requestUpload(input: $input) { uploads { file { id path } url direct headers { name value } } ${errors} } }`),
  completeUpload: parse(`mutation ($input: CompleteUploadInput!) { answer: completeUpload(input: $input) { ${errors} } }`),
  finalizeArtifactPackage: parse(`mutation ($input: FinalizeArtifactPackageInput!) { answer: finalizeArtifactPackage(input: $input) { ${errors} } }`),
  placeHold: parse(`mutation ($input: PlaceHoldInput!) { answer: placeHold(input: $input) { ${errors} } }`),
  shortenRetention: parse(`mutation ($input: ShortenRetentionInput!) { answer: shortenRetention(input: $input) { ${errors} } }`),
};

interface Answer {
  readonly errors?: readonly { readonly message: string }[];
}
interface Found {
  readonly id: string;
  readonly status: string;
  readonly retentionEvents?: readonly { readonly kind: string }[];
  readonly holds?: readonly object[];
}
interface Upload {
  readonly file: { readonly id: string; readonly path: string };
  readonly url: string | null;
  readonly direct: boolean;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

/**
 * Puts this hub's part of the sample organisation in, by its own mutations and its own door for bytes. A package is known
 * again by the digest that its manifest will have, so what is there already stays, and what was begun is brought to its end.
 */
export async function sample(hub: Hub): Promise<void> {
  // its own address may not be open yet, or not be reachable from here
  const door = await openDoor(hub, { host: '127.0.0.1', port: 0 });
  try {
    for (const one of PACKAGES) await put(hub, door.url, one);
  } finally {
    await door.close();
  }
}

async function put(hub: Hub, origin: string, { input, files, arrived, hold, over }: SamplePackage): Promise<void> {
  const described = Object.entries(files).map(([path, content]) => {
    const hasher = createHasher();
    hasher.update(Buffer.from(content));
    return { path, size: hasher.size, ...hasher.digest() };
  });
  const digest = manifestDigest(encodeManifest({ schema: input.metadataSchema ?? null, metadata: input.metadata, files: described }));
  const found = (await ask<{ artifactPackages: { nodes: Found[] } }>(hub, 'find', { digest })).artifactPackages.nodes[0];
  const it = found ?? (await change<{ package: Found }>(hub, 'createArtifactPackage', { ...input, claimedManifestDigest: digest })).package;

  if (it.status === 'CREATED' || it.status === 'UPLOADING') {
    const { uploads } = await change<{ uploads: Upload[] }>(hub, 'requestUpload', { packageId: it.id, files: described });
    await Promise.all(uploads.slice(0, arrived).map((upload) => send(hub, origin, upload, files[upload.file.path]!)));
    if (arrived === undefined) await change(hub, 'finalizeArtifactPackage', { id: it.id });
  }
  if (hold !== undefined && !it.holds?.length) await change(hub, 'placeHold', { id: it.id, ...hold });
  if (over !== undefined && !it.retentionEvents?.some(({ kind }) => kind === 'SHORTENED')) await change(hub, 'shortenRetention', { id: it.id, until: new Date(Date.now() + MOMENT).toISOString(), reason: over });
}

async function send(hub: Hub, origin: string, { file, url, direct, headers }: Upload, body: string): Promise<void> {
  if (url === null) return;
  const to = direct ? url : new URL(new URL(url, origin).pathname, origin);
  const response = await fetch(to, { method: 'PUT', body, headers: headers.map(({ name, value }): [string, string] => [name, value]) });
  if (!response.ok) throw new Error(`sample data: ${file.path} was not taken: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
  if (direct) await change(hub, 'completeUpload', { fileId: file.id });
}

async function ask<Data>(hub: Hub, name: keyof typeof DOCUMENTS, variables: Readonly<Record<string, unknown>>): Promise<Data> {
  const result = await hub.execute({ document: DOCUMENTS[name], variables, identity, requestId: 'sample' });
  const { answer } = (result.data ?? {}) as { answer?: Answer | null };
  const wrong = [...(result.errors ?? []), ...(answer?.errors ?? [])].map(({ message }) => message);
  if (wrong.length > 0) throw new Error(`sample data: ${wrong.join(' ')}`);
  return result.data as Data;
}

async function change<Payload>(hub: Hub, name: keyof typeof DOCUMENTS, input: object): Promise<Payload> {
  return (await ask<{ answer: Payload }>(hub, name, { input })).answer;
}
