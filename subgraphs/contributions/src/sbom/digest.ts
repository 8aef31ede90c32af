import { createHash } from 'node:crypto';
import type { SbomPackage } from './model.ts';

type Digested = Pick<SbomPackage, 'key' | 'purl' | 'name' | 'version' | 'alias' | 'direct' | 'scope' | 'flags' | 'source' | 'integrity' | 'declaredLicence' | 'thirdParty' | 'dependsOn'>;

/**
 * Digest of what a bill of materials holds: packages with their facts and licences, and edges. Neither the order nor the
 * files, keys and places of entries count, so that the same content from another file is the same; copies count each.
 */
export function contentDigest(packages: readonly Digested[]): string {
  const ids = new Map(packages.map((one) => [one.key, hash(JSON.stringify([
    one.purl, one.name, one.version, one.alias, one.direct, one.scope, one.flags.toSorted(), one.source.kind, one.source.location ?? null, one.integrity, one.declaredLicence, one.thirdParty,
  ]))]));
  const lines = packages.map((one) => `${ids.get(one.key)} ${one.dependsOn === null ? '-' : one.dependsOn.map((key) => ids.get(key)).toSorted().join()}`).toSorted();
  const total = createHash('sha256');
  for (const line of lines) total.update(line).update('\n');
  return total.digest('hex');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
