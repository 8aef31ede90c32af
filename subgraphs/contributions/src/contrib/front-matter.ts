// What the front matter of each kind may say, and what it must say in which state: the rules of the lifecycle, as a file keeps them.
import { isLink, isSlug, MAX_LINE } from '@hubgraph/kit/fields';
import { z } from 'zod';
import { CONTRIBUTION_STATUSES, type ContributionStatus, type ContributionType } from '../model.ts';
import { readPurl } from '../sbom/purl.ts';

const line = z.string().max(MAX_LINE, `has more than ${MAX_LINE} characters`);
const slug = z.string().refine(isSlug, 'must be a slug such as state-hub');
const link = z.string().refine(isLink, 'must be an http or https link without credentials');
const evidence = z.string().refine((text) => isLink(text) || /^[0-9a-f]{7,64}$/.test(text), 'must be an http or https link without credentials, or the hash of a commit');
const day = z.string().refine((text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text), 'must be a day such as 2026-03-02');

const ALIASES: Readonly<Record<string, ContributionStatus>> = { open: 'SUBMITTED', cancelled: 'WITHDRAWN', cancel: 'WITHDRAWN', closed: 'REJECTED', declined: 'REJECTED', landed: 'MERGED', released: 'MERGED' };
const status = z.string().transform((text, context): ContributionStatus => {
  const word = text.trim();
  const found = CONTRIBUTION_STATUSES.find((known) => known === word.toUpperCase()) ?? ALIASES[word.toLowerCase()];
  if (found !== undefined) return found;
  context.addIssue({ code: 'custom', message: `must be one of ${[...CONTRIBUTION_STATUSES.map((known) => known.toLowerCase()), ...Object.keys(ALIASES)].join(', ')}` });
  return z.NEVER;
});

const common = {
  type: z.string(),
  id: line.optional(),
  title: line,
  domain: slug,
  target: line.regex(/^[A-Za-z0-9][\w.+~-]*(\/[\w.+~-]+)+$/, 'must be the owner and repo upstream, such as apache/airflow'),
  status: status.default('DRAFT'),
  repo: slug.optional(),
  workstream: line.regex(/^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-WP-\d+$/, 'must be a code such as CUST-WP-0025').optional(),
  topic: slug.optional(),
  package: line.refine((text) => readPurl(text) !== null, 'must be a purl such as pkg:npm/jszip').optional(),
  answer: link.optional(),
  reason: z.string().optional(),
  notes: z.string().optional(),
  evidence: z.array(evidence).max(50, 'has more than 50 entries').optional(),
  supersedes: line.optional(),
  created: day.optional(),
  submitted: day.optional(),
  acknowledged: day.optional(),
  resolved: day.optional(),
};

const issue = z.object({ ...common, upstream: link.optional() });
const pullRequest = z.object({ ...common, pull_request: link.optional(), merge_commit: evidence.optional(), release: evidence.optional() });

/** What a file of each type may say. */
export const FRONT_MATTER = { BR: issue, FR: issue, EP: issue, UPR: pullRequest } as const satisfies Record<ContributionType, z.ZodObject>;

/** What front matter says, whichever its type. */
export type FrontMatter = z.output<typeof issue> & Partial<z.output<typeof pullRequest>>;

/** Fields that may be a list. */
export const LISTS: ReadonlySet<string> = new Set(['evidence']);

/** Links that show what happened, as a file of any type gives them. */
export function evidenceOf(said: FrontMatter): string[] {
  return [...new Set([...(said.evidence ?? []), ...[said.merge_commit, said.release].filter((one) => one !== undefined)])];
}

/** What a state asks for and the file does not say, with the field that would. */
export function missingIn(said: FrontMatter, linkField: 'upstream' | 'pull_request'): { readonly field: string; readonly reason: string }[] {
  const missing: { field: string; reason: string }[] = [];
  const word = said.status.toLowerCase();
  const ask = (field: string, present: boolean, what: string) => void (present || missing.push({ field, reason: `A contribution that is ${word} needs \`${field}\`: ${what}.` }));
  const sent = !['DRAFT', 'WITHDRAWN'].includes(said.status);
  if (sent) ask(linkField, said[linkField] !== undefined, linkField === 'upstream' ? 'the link to the issue upstream' : 'the link to the pull request or patch');
  if (said.status === 'ACKNOWLEDGED') ask('answer', said.answer !== undefined, 'the link to what upstream answered');
  if (['ACCEPTED', 'REJECTED', 'MERGED'].includes(said.status)) ask('evidence', evidenceOf(said).length > 0, said.status === 'MERGED' ? 'the merge commit or the release' : 'links that show it');
  if (['REJECTED', 'WITHDRAWN'].includes(said.status)) ask('reason', said.reason !== undefined, 'why');
  return missing;
}
