import { lineProblems, MAX_LINE, slugProblems } from '@hubgraph/kit/fields';
import { invalidField, type MutationErrorData } from '@hubgraph/kit/refusal';
import { formProblems } from '../content/metadata.ts';
import type { ArtifactPackage } from '../model.ts';

const MAX_COMMITS = 100;
/** In bytes of JSON. */
const MAX_METADATA = 64 * 1024;
const WORKSTREAM = /^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-WP-\d+$/;
const TASK = /^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-WP-\d+-T\d{1,6}$/;
/** SHA-1 or SHA-256 of a commit. */
const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const BLAKE3 = /^blake3:[0-9a-f]{64}$/;

/** A commit that evidence is about. */
export interface SourceCommitInput {
  /** Slug. */
  readonly repo: string;
  readonly commit: string;
}

/** What producers write of a package until it is finalized; undefined stays as it is, null clears. */
export interface PackageContent {
  readonly domain?: string | null;
  readonly repo?: string | null;
  readonly workstream?: string | null;
  readonly task?: string | null;
  readonly service?: string | null;
  readonly sourceCommits?: readonly SourceCommitInput[] | null;
  /** Key. */
  readonly metadataSchema?: string | null;
  readonly metadata?: unknown;
  readonly claimedManifestDigest?: string | null;
}

/** What is wrong with what producers write. Whether a schema is known and the metadata fits it is asked elsewhere. */
export function contentProblems(content: PackageContent & { readonly producer?: string | null; readonly subject?: string | null }): MutationErrorData[] {
  const { producer, subject, workstream, task, claimedManifestDigest } = content;
  const coded = (field: 'workstream' | 'task', code: string | null | undefined, shape: RegExp, example: string) =>
    code == null || (code.length <= MAX_LINE && shape.test(code)) ? [] : [invalidField([field], `A ${field} is named by its code, such as ${example}.`)];
  return [
    ...lineProblems('producer', producer),
    ...lineProblems('subject', subject),
    ...(['domain', 'repo', 'service'] as const).flatMap((field) => (content[field] == null ? [] : slugProblems(content[field], [field]))),
    ...coded('workstream', workstream, WORKSTREAM, 'CUST-WP-0025'),
    ...coded('task', task, TASK, 'CUST-WP-0025-T03'),
    ...commitProblems(content.sourceCommits ?? []),
    ...(content.metadata == null ? [] : jsonProblems(content.metadata)),
    ...(claimedManifestDigest == null || BLAKE3.test(claimedManifestDigest) ? [] : [invalidField(['claimedManifestDigest'], 'A manifest digest is blake3: and 64 hexadecimal digits in lower case.')]),
  ];
}

function commitProblems(commits: readonly SourceCommitInput[]): MutationErrorData[] {
  if (commits.length > MAX_COMMITS) return [invalidField(['sourceCommits'], `At most ${MAX_COMMITS} commits.`)];
  const seen = new Set<string>();
  return commits.flatMap(({ repo, commit }, index) => {
    const twice = seen.has(repo);
    seen.add(repo);
    return [
      ...slugProblems(repo, ['sourceCommits', String(index), 'repo']),
      ...(twice ? [invalidField(['sourceCommits', String(index), 'repo'], `${repo} is named twice; a package has one commit of a repo.`)] : []),
      ...(COMMIT.test(commit) ? [] : [invalidField(['sourceCommits', String(index), 'commit'], 'A commit is named by its whole hash: 40 or 64 hexadecimal digits in lower case.')]),
    ];
  });
}

function jsonProblems(metadata: unknown): MutationErrorData[] {
  const problems = formProblems(metadata);
  const bytes = problems.length > 0 ? 0 : Buffer.byteLength(JSON.stringify(metadata));
  if (bytes > MAX_METADATA) problems.push(`Metadata has at most ${MAX_METADATA} bytes as JSON; this has ${bytes}.`);
  return problems.map((message) => invalidField(['metadata'], message));
}

/** The columns that content writes; what is not given is left out. */
export function columnsOf(content: PackageContent): Partial<ArtifactPackage> {
  const { domain, repo, workstream, task, service, claimedManifestDigest, sourceCommits, metadata, metadataSchema } = content;
  const given = {
    domain, repo, workstream, task, service, claimedManifestDigest, metadataSchemaKey: metadataSchema,
    sourceCommits: sourceCommits === undefined ? undefined : Object.fromEntries((sourceCommits ?? []).map(({ repo: slug, commit }) => [slug, commit])),
    // as the database will have it, so that what is written again is found to be the same
    metadata: metadata === undefined ? undefined : (JSON.parse(JSON.stringify(metadata ?? {})) as ArtifactPackage['metadata']),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
