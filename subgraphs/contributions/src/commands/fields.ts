import { isLink, lineProblems, linkProblems, MAX_LINE, slugProblems, textProblems } from '@hubgraph/kit/fields';
import { invalidField, type MutationErrorData } from '@hubgraph/kit/refusal';
import type { Contribution } from '../model.ts';
import { readPurl } from '../sbom/purl.ts';

const MAX_LIST = 50;
/** Owner and project of a repository elsewhere; an owner may have groups, divided by slashes. */
const ORG = /^[A-Za-z0-9][\w.+~-]*(\/[A-Za-z0-9][\w.+~-]*)*$/;
const REPO = /^[\w.+~-]+$/;
const WORKSTREAM = /^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-WP-\d+$/;

/** What authors write of a contribution; undefined stays as it is, null clears. */
export interface ContributionContent {
  readonly repo?: string | null;
  readonly body?: string | null;
  readonly bodyPath?: string | null;
  readonly workstream?: string | null;
  readonly topic?: string | null;
  readonly package?: string | null;
  readonly upstreamUrl?: string | null;
  readonly notes?: string | null;
  readonly evidence?: readonly string[] | null;
}

/** What is wrong with where a contribution belongs and goes to. */
export function placeProblems({ domain, targetOrg, targetRepo }: { readonly domain?: string; readonly targetOrg?: string | null; readonly targetRepo?: string | null }): MutationErrorData[] {
  const fits = (text: string | null | undefined, shape: RegExp) => text === undefined || (text !== null && text.length <= 100 && shape.test(text) && text !== '.' && text !== '..');
  return [
    ...(domain === undefined ? [] : slugProblems(domain, ['domain'])),
    ...(fits(targetOrg, ORG) ? [] : [invalidField(['targetOrg'], 'An upstream organisation is named as in its URL, such as apache or gnome/extensions; at most 100 characters.')]),
    ...(fits(targetRepo, REPO) ? [] : [invalidField(['targetRepo'], 'An upstream repo is named as in its URL, such as airflow; at most 100 characters.')]),
  ];
}

/** What is wrong with the content of a contribution. */
export function contentProblems(content: ContributionContent & { readonly title?: string | null }): MutationErrorData[] {
  const { title, repo, body, bodyPath, workstream, topic, notes, upstreamUrl, evidence } = content;
  return [
    ...lineProblems('title', title),
    ...(repo == null ? [] : slugProblems(repo, ['repo'])),
    ...textProblems({ body, notes }),
    ...textProblems({ bodyPath }, MAX_LINE),
    ...(workstream == null || (workstream.length <= MAX_LINE && WORKSTREAM.test(workstream)) ? [] : [invalidField(['workstream'], 'A workstream is named by its code, such as CUST-WP-0025.')]),
    ...(topic == null ? [] : slugProblems(topic, ['topic'])),
    ...(content.package == null || readPurl(content.package) !== null ? [] : [invalidField(['package'], 'A package is named by its purl, such as pkg:npm/jszip.')]),
    ...linkProblems({ upstreamUrl }),
    ...evidenceProblems(evidence),
  ];
}

/** What is wrong with links that show something. A commit may be named by its hash. */
export function evidenceProblems(evidence: readonly string[] | null | undefined): MutationErrorData[] {
  if (evidence == null) return [];
  if (evidence.length > MAX_LIST) return [invalidField(['evidence'], `At most ${MAX_LIST} links.`)];
  return evidence.flatMap((link, index) => (isLink(link) || /^[0-9a-f]{7,64}$/.test(link) ? [] : [invalidField(['evidence', String(index)], 'Evidence is an http or https link without credentials, or the hash of a commit.')]));
}

/** The columns that content writes; what is not given is left out. */
export function columnsOf(content: ContributionContent): Partial<Contribution> {
  const { repo, body, bodyPath, workstream, topic, upstreamUrl, notes, evidence } = content;
  const given = { repo, body, bodyPath, workstream, topic, upstreamUrl, notes, evidence: evidence === null ? [] : evidence, package: content.package == null ? content.package : readPurl(content.package)?.package ?? null };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
