import type { PackageFlag, Scope } from '../model.ts';
import type { Facts } from './facts.ts';
import type { Steps } from './json-place.ts';

/** One component as a document describes it, whatever its format. */
export interface Component {
  /** Its identity in the document; edges name it. */
  readonly ref: string;
  readonly at: Steps;
  readonly name: string;
  readonly version: string | null;
  readonly purl: string | null;
  readonly licence: string | null;
  /** What the document's author concluded, beside what is declared. */
  readonly concluded: string | null;
  /** How the component itself says it is used; null when it does not say. */
  readonly scope: Scope | null;
  readonly flags: readonly PackageFlag[];
  readonly integrity: string | null;
  readonly location: string | null;
  readonly path: string | null;
  readonly facts: Facts;
}

/** Scope that an edge gives to its target; null when it gives none. */
export interface Edge {
  readonly to: string;
  readonly scope: Scope | null;
  readonly optional?: boolean;
}

/** A document read, before its components become packages. */
export interface Contents {
  readonly components: readonly Component[];
  /** What the document is about; its edges are the direct ones. */
  readonly roots: ReadonlySet<string>;
  /** Per component what it depends on; a component without a row is not known to depend on nothing. Null: the document has no edges. */
  readonly edges: ReadonlyMap<string, readonly Edge[]> | null;
  /** What else the document describes: edges to it are whole, but lead to no package. */
  readonly others: ReadonlySet<string>;
  readonly entryCount: number;
  /** Components that are no packages (files, keys, data) and were passed over. */
  readonly skipped: number;
}

/** Several licences of one component hold together; a name that is no expression then becomes a reference. */
export function joinLicences(licences: readonly string[], isExpression: (text: string) => boolean): string | null {
  const distinct = [...new Set(licences.map((one) => one.trim()).filter((one) => one !== ''))];
  if (distinct.length <= 1) return distinct[0] ?? null;
  return distinct.map((one) => (isExpression(one) ? (/\sOR\s/i.test(one) ? `(${one})` : one) : `LicenseRef-${one.replaceAll(/[^A-Za-z0-9.]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 100) || 'unnamed'}`)).join(' AND ');
}
