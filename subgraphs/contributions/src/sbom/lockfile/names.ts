import { PackageURL } from 'packageurl-js';
import { sbomLimits } from '../model.ts';
import type { Ecosystem, PackageSource } from '../model.ts';

/** npm allows more in old names than in new ones, but never a path, a space or a dot in front. */
const NAMES: Partial<Record<Ecosystem, RegExp>> = {
  npm: /^(?:@[\w~-][\w.~-]*\/)?[\w~!'()*-][\w.~!'()*-]*$/,
  pypi: /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/,
  cargo: /^[A-Za-z_][\w-]*$/,
  golang: /^[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*)*$/,
};

const VERSION = /^[\w][\w.+!~^*-]*$/;

/** Why a name cannot be one of its ecosystem; null when it can. */
export function faultOfName(ecosystem: Ecosystem, name: string): string | null {
  if (name.length > sbomLimits.name) return `is longer than ${sbomLimits.name} characters`;
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)) return 'holds control characters';
  if (name === '__proto__' || name.split('/').some((part) => part === '.' || part === '..') || /[\\:]/.test(name)) return 'is a path or a reserved word';
  return NAMES[ecosystem]?.test(name) === false ? `is no name of ${ecosystem}` : null;
}

/** Why a version cannot be one; null when it can. */
export function faultOfVersion(version: string): string | null {
  if (version.length > sbomLimits.name) return `is longer than ${sbomLimits.name} characters`;
  return VERSION.test(version) ? null : 'is no version';
}

/** Name of a Python package as PyPI compares it. */
export function pypiName(name: string): string {
  return name.replaceAll(/[-_.]+/g, '-').toLowerCase();
}

/**
 * Canonical package URL. What does not come from a registry says so in `vcs_url` or `download_url`.
 * @throws Error when the parts make none.
 */
export function purlOf(ecosystem: Ecosystem, name: string, version: string | null, source: PackageSource): string {
  const slash = name.lastIndexOf('/');
  // the case of a Go module means nothing to a purl, and the library keeps it
  const [namespace, last] = ecosystem === 'golang' ? split(name.toLowerCase(), slash) : split(name, slash);
  return new PackageURL(ecosystem, namespace, last, version ?? undefined, qualifiersOf(source), undefined).toString();
}

function split(name: string, slash: number): [string | undefined, string] {
  return slash < 0 ? [undefined, name] : [name.slice(0, slash), name.slice(slash + 1)];
}

function qualifiersOf({ kind, location }: PackageSource): Record<string, string> | undefined {
  if (location === undefined) return undefined;
  if (kind === 'GIT') return { vcs_url: location };
  return kind === 'URL' ? { download_url: location } : undefined;
}

/** A location without user name, password and query tokens: lockfiles of private registries carry them. */
export function withoutSecrets(location: string): string {
  return location
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@/i, (_all, scheme: string, user: string) => (/^git$/i.test(user) ? `${scheme}git@` : scheme))
    .replaceAll(/([?&](?:[\w-]*token|[\w-]*key|password|secret|sig(?:nature)?|x-amz-[\w-]+)=)[^&#]*/gi, '$1...');
}
