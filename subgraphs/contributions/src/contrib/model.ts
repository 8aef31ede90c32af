import type { Problem } from '@hubgraph/kit/front-matter/source';
import type { ContributionStatus, ContributionType } from '../model.ts';

export type { Problem };

/** How the files of one kind of contribution are called and kept. */
export interface Kind {
  readonly type: ContributionType;
  /** Folder below `contrib/`. */
  readonly folder: string;
  /** `type:` in the front matter; the short type is understood too. */
  readonly word: string;
  /** Field with the link upstream. */
  readonly link: 'upstream' | 'pull_request';
}

export const KINDS: readonly Kind[] = [
  { type: 'BR', folder: 'bug-reports', word: 'bug-report', link: 'upstream' },
  { type: 'FR', folder: 'feature-requests', word: 'feature-request', link: 'upstream' },
  { type: 'EP', folder: 'extension-points', word: 'extension-point', link: 'upstream' },
  { type: 'UPR', folder: 'upstream-prs', word: 'upstream-pr', link: 'pull_request' },
];

/** The kind that a word of a person means, such as `BR`, `bug-report` or `upstream_pr`; undefined for an unknown one. */
export function kindOf(word: string): Kind | undefined {
  const plain = word.trim().toLowerCase().replace(/[\s_]+/g, '-');
  return KINDS.find((kind) => plain === kind.type.toLowerCase() || plain === kind.word || plain === kind.folder);
}

/** A contribution file as it was read. What is undefined, the file does not say. */
export interface ContributionFile {
  readonly path: string;
  /** Of the bytes of the file, lower-case hex. */
  readonly sha256: string;
  readonly type: ContributionType;
  /** From `id`, else from the name of the file; undefined when neither is one: the hub gives it then. */
  readonly slug?: string;
  readonly title: string;
  readonly domain: string;
  readonly targetOrg: string;
  readonly targetRepo: string;
  readonly status: ContributionStatus;
  readonly repo?: string;
  readonly workstream?: string;
  readonly topic?: string;
  /** Purl. */
  readonly package?: string;
  readonly upstreamUrl?: string;
  readonly answerUrl?: string;
  readonly evidence: readonly string[];
  readonly reason?: string;
  readonly notes?: string;
  /** Slug. */
  readonly supersedes?: string;
  /** Days, `YYYY-MM-DD`. */
  readonly createdOn?: string;
  readonly submittedOn?: string;
  readonly acknowledgedOn?: string;
  readonly resolvedOn?: string;
  /** Markdown below the front matter. */
  readonly body: string;
  /** Keys that nothing reads, such as a misspelt one. */
  readonly notices: readonly Problem[];
}
