import { PackageURL } from 'packageurl-js';
import type { SbomPackage } from '../model.ts';
import type { ConcludedLicence } from './assemble.ts';

/** What an export writes out: one snapshot of one repository. */
export interface ExportSnapshot {
  /** What the bill of materials is of, such as the slug of the repository. */
  readonly name: string;
  readonly version?: string | null;
  readonly packages: readonly SbomPackage[];
  /** Of the snapshot's counts; without it, a reader counts the packages. */
  readonly entryCount?: number | null;
  /** What people concluded; keys are those of the packages. */
  readonly concluded?: readonly ConcludedLicence[];
  /** When the snapshot was taken. Without it the export names no time (SPDX, which needs one: 1970), so that it stays the same. */
  readonly takenAt?: Date | null;
}

/** By key, which is the order of every export. */
export function sorted(packages: readonly SbomPackage[]): readonly SbomPackage[] {
  return packages.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** What the subject of a snapshot depends on: its own packages, or else what is direct. */
export function topOf(packages: readonly SbomPackage[]): readonly SbomPackage[] {
  const own = packages.filter(({ thirdParty }) => !thirdParty);
  return own.length > 0 ? own : packages.filter(({ direct }) => direct === true);
}

/** The name that a reader takes from a package URL. */
export function nameInPurl({ purl, name }: SbomPackage): string {
  try {
    const url = PackageURL.fromString(purl);
    return url.namespace ? `${url.namespace}/${url.name}` : (url.name ?? name);
  } catch {
    return name;
  }
}

const digits: ReadonlyMap<string, number> = new Map([['md5', 32], ['sha1', 40], ['sha256', 64], ['sha384', 96], ['sha512', 128]]);

/** The first hash of an integrity text (`sha512-<base64>`, `sha256:<hex>`) as hex; null for forms of one tool only, such as `h1:`. */
export function hashOf(integrity: string | null): { readonly algorithm: string; readonly hex: string } | null {
  const [, name, mark, value] = /^\s*([A-Za-z0-9]+)([-:=])([A-Za-z0-9+/=]+)/.exec(integrity ?? '') ?? [];
  const algorithm = name?.toLowerCase();
  const length = digits.get(algorithm ?? '');
  if (algorithm === undefined || value === undefined || length === undefined) return null;
  const hex = mark === '-' ? Buffer.from(value, 'base64').toString('hex') : value.toLowerCase();
  return hex.length === length && /^[0-9a-f]+$/.test(hex) ? { algorithm, hex } : null;
}
