import { PackageURL } from 'packageurl-js';
import { ecosystems, type Ecosystem } from './model.ts';

/** What a package URL says. */
export interface ReadPurl {
  /** Canonical. */
  readonly purl: string;
  /** Without version, qualifiers and path: the package at any version. */
  readonly package: string;
  readonly ecosystem: Ecosystem;
  /** With its namespace, such as `@babel/core`. */
  readonly name: string;
  readonly version: string | null;
}

const known: ReadonlySet<string> = new Set(ecosystems);

/** Reads a package URL; null when the text is none. */
export function readPurl(text: string): ReadPurl | null {
  try {
    const url = PackageURL.fromString(text);
    const { type, namespace, name, version } = url;
    if (!type || !name) return null;
    return {
      purl: url.toString(),
      package: new PackageURL(type, namespace, name, undefined, undefined, undefined).toString(),
      ecosystem: known.has(type) ? type as Ecosystem : 'generic',
      name: namespace ? `${namespace}/${name}` : name,
      version: version || null,
    };
  } catch {
    return null;
  }
}
