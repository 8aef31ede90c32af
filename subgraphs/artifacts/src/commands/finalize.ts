import { Refused } from '@hubgraph/kit/refusal';
import { encodeManifest, manifestDigest } from '../content/manifest.ts';
import type { ArtifactPackage } from '../model.ts';
import { metadataSchemas, packages, retention } from '../store/index.ts';
import { audit } from './audit.ts';
import { factsOf, lockedPackage, recordPackage, type Work } from './common.ts';
import { decide, expiryOf, noteDefault } from './package.ts';

export interface FinalizeArtifactPackageInput {
  readonly id: string;
  readonly expectedVersion?: number | null;
}

/** Makes a package complete and immutable: its manifest is encoded and kept, and the date until which it is kept counts from now. */
export async function finalizeArtifactPackage(work: Work, input: FinalizeArtifactPackageInput): Promise<{ package: ArtifactPackage } | Refused> {
  const before = await lockedPackage(work, input);
  if (before instanceof Refused) return before;
  const schemaKey = before.metadataSchemaKey;
  // A schema that nothing uses may be replaced until this commits; one in use cannot change and needs no lock.
  const schema = schemaKey === null ? undefined : (await metadataSchemas.byKeys(work.tx, [schemaKey])).get(schemaKey);
  if (schema?.usedAt === null) await metadataSchemas.lockByKey(work.tx, schema.key);

  const facts = await factsOf(work.tx, before, work.now);
  const open = before.status === 'CREATED' || before.status === 'UPLOADING';
  // Only complete files have a manifest, and only then a claim can be compared.
  const made = open && facts.incompleteCount === 0 ? await manifestOf(work, before) : null;
  const claimed = before.claimedManifestDigest;
  const digestMismatch = made === null || made.fileCount === 0 || claimed === null || claimed === made.manifestDigest ? null : { claimed, actual: made.manifestDigest };
  const decided = decide(work, 'finalizeArtifactPackage', before, { ...facts, fileCount: made?.fileCount ?? facts.fileCount, digestMismatch });
  if (decided instanceof Refused) return decided;
  if (made === null) throw new Error(`artifact package ${before.id} was finalized without a manifest`);

  const { bytes, ...content } = made;
  const kept = (await retention.classesBySlug(work.tx, [before.retentionClass])).get(before.retentionClass)!;
  const finalized = await packages.save(work.tx, before, { ...content, status: decided.to, expiresAt: expiryOf(kept, work.now), finalizedAt: work.now, progressAt: work.now }, work.now);
  await packages.keepManifest(work.tx, finalized.id, bytes);
  if (schemaKey !== null && schema?.usedAt === null) await metadataSchemas.used(work.tx, schemaKey, work.now);
  await noteDefault(work, finalized, kept, before.expiresAt, 'finalizing');
  work.note({ noun: 'ArtifactPackage', entityId: finalized.id, verb: 'finalizeArtifactPackage', from: decided.from, to: decided.to, evidence: [content.manifestDigest] });
  recordPackage(work, 'package.finalized', finalized, decided.from);
  await audit(work, { action: 'finalizeArtifactPackage', packageId: finalized.id, data: { manifestDigest: content.manifestDigest, fileCount: content.fileCount, byteCount: Number(content.byteCount), expiresAt: finalized.expiresAt } });
  return { package: finalized };
}

async function manifestOf(work: Work, of: ArtifactPackage) {
  const files = await packages.manifestFiles(work.tx, of.id);
  const bytes = encodeManifest({ schema: of.metadataSchemaKey, metadata: of.metadata, files });
  return { bytes, manifestDigest: manifestDigest(bytes), fileCount: files.length, byteCount: files.reduce((sum, { size }) => sum + BigInt(size), 0n) };
}
