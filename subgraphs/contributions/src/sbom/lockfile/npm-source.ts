import type { PackageSource } from '../model.ts';

/** Where npm and yarn v1 took a package from, by the URL that the lock gives; without one it is the registry's. */
export function npmSource(resolved: string | undefined): PackageSource {
  if (resolved === undefined || resolved === '') return { kind: 'REGISTRY' };
  if (/^git[+:@]|\.git(?:#|$)|^(?:github|gitlab|bitbucket|gist):/.test(resolved)) return { kind: 'GIT', location: resolved };
  if (resolved.startsWith('https://codeload.github.com/')) return { kind: 'GIT', location: resolved };
  if (/^(?:file|link|portal):|^\.{0,2}\//.test(resolved)) return { kind: 'PATH', location: resolved.replace(/^(?:file|link|portal):/, '') };
  if (/^https?:/.test(resolved)) return { kind: isRegistryPath(resolved) ? 'REGISTRY' : 'URL', location: resolved.replace(/#[0-9a-f]{40}$/, '') };
  return { kind: 'REGISTRY', location: resolved };
}

/** Registries serve `<name>/-/<file>`, GitHub's `download/<name>/<version>/<hash>`. */
function isRegistryPath(url: string): boolean {
  return url.includes('/-/') || /\/download\/@?[^/]+\/[^/]+\//.test(url);
}

/** `name@rest`, `@scope/name@rest` in two; null when there is no rest. */
export function splitAt(text: string): [name: string, rest: string] | null {
  const at = text.indexOf('@', 1);
  return at < 0 ? null : [text.slice(0, at), text.slice(at + 1)];
}
