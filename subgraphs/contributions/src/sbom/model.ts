/**
 * What every reader of a bill of materials gives, whether it read lockfiles, CycloneDX or SPDX. Plain data: the hub's
 * server stores it, the exporters write it out again.
 */

/** The purl types that readers give; a type that stands in a document and not here becomes `generic`. */
export const ecosystems = [
  'npm', 'pypi', 'cargo', 'golang', 'maven', 'nuget', 'gem', 'composer', 'hex', 'pub', 'swift', 'cocoapods', 'conan', 'conda', 'cran',
  'hackage', 'deb', 'rpm', 'apk', 'alpm', 'docker', 'oci', 'github', 'gitlab', 'bitbucket', 'huggingface', 'generic',
] as const;

export type Ecosystem = (typeof ecosystems)[number];

/** Where the bytes of a package come from. */
export type SourceKind = 'REGISTRY' | 'GIT' | 'URL' | 'PATH' | 'WORKSPACE';

export interface PackageSource {
  readonly kind: SourceKind;
  /** URL, folder or repository with commit, as the document gives it but without user names and passwords. */
  readonly location?: string;
}

/** PROD: reached from dependencies or optional dependencies of the root or a member. DEV: reached from development only. */
export type Scope = 'PROD' | 'DEV';

/** Marks that a format may set. A mark that is missing was not set, or the format has none of its kind. */
export type PackageFlag =
  /** Everything that needs it can do without it (npm optional, a Python extra). */
  | 'OPTIONAL'
  /** npm: there only because a package wants it as its peer. */
  | 'PEER'
  /** npm: delivered inside the archive of another package. */
  | 'BUNDLED'
  /** npm: wanted by development and, optionally, by production; the lock does not say which. */
  | 'DEV_OPTIONAL'
  | 'EXTRANEOUS'
  | 'DEPRECATED'
  | 'INSTALL_SCRIPT'
  /** Installed with a patch of the repository or of the package manager. */
  | 'PATCHED';

/** One entry of a bill of materials. The same name and version can stand in several entries (npm installs copies). */
export interface SbomPackage {
  /** Unique within the snapshot, stable as long as the entry keeps its place: `<file>#<place in the file>`. */
  readonly key: string;
  /** Canonical package URL. */
  readonly purl: string;
  readonly ecosystem: Ecosystem;
  /** Real name with its scope or namespace (`@babel/core`, `github.com/BurntSushi/toml`), never an alias. */
  readonly name: string;
  readonly version: string | null;
  /** The name it is installed under, when that is not its own. */
  readonly alias: string | null;
  /** Named in the manifest of the root or of a member; null when it cannot be told. Always null for own packages. */
  readonly direct: boolean | null;
  /**
   * PROD when some manifest names it among its dependencies or optional dependencies, DEV when all that name it do so for
   * development; null or missing when not direct or when it cannot be told. What is named for development can still be reached from
   * production: then `scope` is PROD and `directScope` DEV.
   */
  readonly directScope?: Scope | null;
  /** `scope === 'DEV'`; null when the scope is not known. */
  readonly dev: boolean | null;
  readonly scope: Scope | null;
  readonly flags: readonly PackageFlag[];
  readonly source: PackageSource;
  /** Hash as the document writes it (`sha512-…`, `sha256:…`, `h1:…`); the first when there are several. */
  readonly integrity: string | null;
  /** Place of the entry: in the tree of installed packages, or the folder of an own package. */
  readonly path: string | null;
  /** Licence as the document states it, unread. */
  readonly declaredLicence: string | null;
  readonly licenceSource: 'LOCKFILE' | 'DOCUMENT' | null;
  /** False for the root, workspace members and links; a folder or archive of the repository that is installed as a copy counts. */
  readonly thirdParty: boolean;
  /** Keys of the packages it depends on, without doubles; null when the format has no edges. */
  readonly dependsOn: readonly string[] | null;
}

/**
 * Counts of a snapshot. Null is "the format cannot tell", never zero. All but `entryCount` count third-party packages only;
 * all but `packageCount` count entries, so that a copy counts again.
 */
export interface SbomCounts {
  /** Records of the files. */
  readonly entryCount: number | null;
  /** Distinct third-party ecosystem, real name and version. */
  readonly packageCount: number | null;
  readonly directCount: number | null;
  readonly transitiveCount: number | null;
  readonly prodCount: number | null;
  /** Reached from development only. */
  readonly devCount: number | null;
  /** Entries whose scope is not known; beside them `prodCount` and `devCount` are what is known, or null when nothing is. */
  readonly unknownScopeCount: number | null;
}

export type LockfileKind =
  | 'UV_LOCK'
  | 'PACKAGE_LOCK'
  | 'NPM_SHRINKWRAP'
  | 'YARN_V1'
  | 'YARN_BERRY'
  | 'PNPM_LOCK'
  | 'CARGO_LOCK'
  | 'GO_SUM'
  | 'REQUIREMENTS'
  | 'POETRY_LOCK';

export type ManifestKind = 'PACKAGE_JSON' | 'PYPROJECT' | 'CARGO_TOML' | 'GO_MOD' | 'REQUIREMENTS_IN';

/** LOCKFILES: several kinds of lockfiles in one snapshot. */
export type DocumentKind = LockfileKind | 'LOCKFILES' | 'CYCLONEDX_JSON' | 'CYCLONEDX_XML' | 'SPDX_JSON' | 'SPDX_TAG_VALUE';

export interface ParsedFile {
  readonly name: string;
  readonly kind: DocumentKind | ManifestKind;
  /** As the file states it (`3`, `9.0`, `1.6`); null when it states none. */
  readonly formatVersion: string | null;
  /** Of the bytes, lower-case hex. */
  readonly sha256: string;
  readonly size: number;
}

export interface ParsedDocument {
  readonly kind: DocumentKind;
  /** Null when the format states none, or when files of several versions were read. */
  readonly formatVersion: string | null;
  /** Documents first, manifests after them. */
  readonly files: readonly ParsedFile[];
  readonly packages: readonly SbomPackage[];
  readonly counts: SbomCounts;
  /** What is worth knowing and no reason to refuse. */
  readonly notices: readonly SbomProblem[];
}

export type ProblemCode =
  /** No reader knows the content, or a manifest stands where a lockfile should. */
  | 'UNKNOWN_FORMAT'
  /** The reader knows the format but not this version of it. */
  | 'UNSUPPORTED_VERSION'
  /** Not well-formed: truncated, not UTF-8, not JSON, TOML, YAML or XML. */
  | 'MALFORMED'
  /** Well-formed, but not what the format promises at this place. */
  | 'INVALID'
  /** Too large, too deep, too many packages, too many aliases. */
  | 'LIMIT'
  /** A name or version that is a path, holds control characters or is no name of its ecosystem. */
  | 'UNSAFE_NAME'
  /** The lock does not hold what its manifest asks for. */
  | 'OUT_OF_STEP'
  /** An edge to a package that is not there. */
  | 'DANGLING_EDGE'
  /** A line or table that the reader passed over. */
  | 'SKIPPED'
  /** Two files of the same name, or nothing to read. */
  | 'USAGE';

/** One reason why a file is refused, or one thing worth knowing about it. Lines and columns count from 1. */
export interface SbomProblem {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** Where in the structure, such as `packages["node_modules/a"].version`. */
  readonly path?: string;
  /** One sentence: what is wrong and what would be right. */
  readonly reason: string;
  readonly code: ProblemCode;
}

/** What a file may be at most; beyond it the file is refused, before it can cost time or memory. */
export const sbomLimits = {
  /** Bytes of one file. */
  bytes: 64 * 1024 * 1024,
  /** Bytes of all files of one snapshot. */
  totalBytes: 256 * 1024 * 1024,
  files: 500,
  packages: 100_000,
  edges: 2_000_000,
  /** Brackets, mappings and sequences inside each other. */
  depth: 200,
  /** Characters of a name or version. */
  name: 512,
  /** Problems that one answer lists. */
  problems: 100,
} as const;

/** Counts `packages`; `entryCount` where the files hold records that gave no package of their own, such as repeated ones. */
export function countPackages(packages: readonly SbomPackage[], entryCount: number | null = packages.length): SbomCounts {
  const distinct = new Set<string>();
  let direct = 0;
  let transitive = 0;
  let unknownDirect = 0;
  let prod = 0;
  let dev = 0;
  let unknownScope = 0;
  for (const { thirdParty, ecosystem, name, version, direct: isDirect, scope } of packages) {
    if (!thirdParty) continue;
    distinct.add(`${ecosystem}\0${name}\0${version ?? ''}`);
    if (isDirect === null) unknownDirect++;
    else if (isDirect) direct++;
    else transitive++;
    if (scope === 'PROD') prod++;
    else if (scope === 'DEV') dev++;
    else unknownScope++;
  }
  const scopeKnown = unknownScope === 0 || prod + dev > 0;
  return {
    entryCount,
    packageCount: distinct.size,
    directCount: unknownDirect > 0 ? null : direct,
    transitiveCount: unknownDirect > 0 ? null : transitive,
    prodCount: scopeKnown ? prod : null,
    devCount: scopeKnown ? dev : null,
    unknownScopeCount: unknownScope,
  };
}
