import type { LockfileKind, ManifestKind } from '../model.ts';
import { Refusal } from './refusal.ts';
import { baseOf, decode } from './text.ts';

const LINE_OF_GO_SUM = /^[ \t]*\S+ v\S+ h\d+:\S+[ \t\r]*$/;

/**
 * Says what kind of lockfile or manifest a file is, by its content; the name decides only between package-lock and
 * shrinkwrap, and between requirements.txt and requirements.in, which hold the same. Null for everything else, such as a
 * CycloneDX or SPDX document, a binary or a file that is too large. Never throws.
 */
export function detectKind(name: string, bytes: Uint8Array): LockfileKind | ManifestKind | null {
  try {
    return kindOf(name, decode({ name, bytes }).text);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** The same for text that is decoded already. */
export function kindOf(name: string, text: string): LockfileKind | ManifestKind | null {
  const start = /\S/.exec(text)?.[0];
  if (start === '{') return kindOfJson(name, text);
  if (/^#[ \t]*yarn lockfile v1[ \t\r]*$/m.test(text.slice(0, 2000))) return 'YARN_V1';
  if (/^"?__metadata"?:/m.test(text)) return 'YARN_BERRY';
  if (/^lockfileVersion:/m.test(text)) return 'PNPM_LOCK';
  return kindOfToml(text) ?? kindOfLines(name, text);
}

function kindOfJson(name: string, text: string): LockfileKind | ManifestKind | null {
  // a document may quote a lockfile, never the other way round
  if (/"(?:bomFormat|spdxVersion|SPDXID|@context)"\s*:/.test(text.slice(0, 4000))) return null;
  const base = baseOf(name);
  if (/"lockfileVersion"\s*:\s*\d/.test(text)) return base.includes('shrinkwrap') ? 'NPM_SHRINKWRAP' : 'PACKAGE_LOCK';
  if (base.includes('shrinkwrap')) return 'NPM_SHRINKWRAP';
  return /"(?:name|version|private|workspaces|(?:dev|peer|optional)?[dD]ependencies)"\s*:/.test(text) ? 'PACKAGE_JSON' : null;
}

function kindOfToml(text: string): LockfileKind | ManifestKind | null {
  if (/^\[\[package\]\]|^package = \[\]/m.test(text) || /^requires-python = /m.test(text)) {
    if (/^content-hash = /m.test(text)) return 'POETRY_LOCK';
    return /^requires-python = |^source = \{/m.test(text) && !/^\[project\]/m.test(text) ? 'UV_LOCK' : tomlManifest(text) ?? 'CARGO_LOCK';
  }
  return tomlManifest(text);
}

function tomlManifest(text: string): ManifestKind | null {
  if (/^\[(?:project|build-system|dependency-groups|tool\.(?:poetry|uv)(?:\.[\w.-]+)?)\]/m.test(text)) return 'PYPROJECT';
  return /^\[(?:package|workspace|dependencies|dev-dependencies|build-dependencies)\]/m.test(text) ? 'CARGO_TOML' : null;
}

function kindOfLines(name: string, text: string): LockfileKind | ManifestKind | null {
  const first = /^[ \t]*\S.*$/m.exec(text)?.[0] ?? '';
  if (LINE_OF_GO_SUM.test(first)) return 'GO_SUM';
  if (/^[ \t]*module[ \t]+\S+/m.test(text)) return 'GO_MOD';
  if (!looksLikeRequirements(name, text)) return null;
  return baseOf(name).endsWith('.in') ? 'REQUIREMENTS_IN' : 'REQUIREMENTS';
}

/**
 * The first line of code is a requirement with a version or a URL, or an option of pip; one with nothing after its name may
 * be any word of any file, so then the file's name decides.
 */
function looksLikeRequirements(file: string, text: string): boolean {
  const code = /^[ \t]*([^#\s].*)$/m.exec(text)?.[1] ?? '';
  if (/^[A-Za-z0-9][\w.-]*\s*$/.test(code) && !/requirements|constraints|\.in$/i.test(baseOf(file))) return false;
  const name = '[A-Za-z0-9][\\w.-]*[ \\t]*(?:\\[[^\\]]*\\])?';
  return new RegExp(`^(?:${name}[ \\t]*(?:(?:[<>=!~]=?|===|@)[^#]*|;.*|\\\\?|#.*)|(?:-[recif]|--[a-z-]+)[ \\t=].*|git\\+.*|https?://.*)\\r?$`).test(code);
}
