import { checkVersion } from '@hubgraph/kit/entity';
import { linkProblems, textProblems } from '@hubgraph/kit/fields';
import { invalidField, invalidInput, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { slugProblem } from '../../contrib/slug.ts';
import type { SyncContributionInput } from '../../contrib/sync-input.ts';
import type { Contribution } from '../../model.ts';
import { contributions } from '../../store/index.ts';
import { namedContribution, type Work } from '../common.ts';
import { contentProblems, placeProblems } from '../fields.ts';
import { importContribution } from './import.ts';
import { updateFromFile } from './update.ts';

export type { SyncContributionInput };

/** One field that a sync changed. */
export interface SyncChange {
  /** As in the input, or `created`. */
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** What a sync did. */
export interface SyncReport {
  readonly outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED';
  readonly changes: readonly SyncChange[];
}

/**
 * Brings one contribution to what its file says, in this one transaction: one that the graph does not know is taken over as
 * it is (its past recorded as imported), a known one is moved by the ordinary verbs, with their rules. A file that says
 * nothing new changes nothing and records no event.
 */
export async function syncContribution(work: Work, input: SyncContributionInput): Promise<{ contribution: Contribution; sync: SyncReport } | Refused> {
  const wrong = problems(input);
  if (wrong.length > 0) return new Refused(wrong);
  const before = await known(work, input);
  if (before instanceof Refused) return before;
  const superseded = await namedContribution(work, input.supersedes, ['supersedes']);
  if (superseded instanceof Refused) return superseded;
  if (before === null) return importContribution(work, input, superseded?.id ?? null);
  return checkVersion(before, input.expectedVersion) ?? updateFromFile(work, before, input, superseded?.id ?? null);
}

/** The contribution of a file, locked: by the slug that the file has, else by where the file stands. */
async function known(work: Work, input: SyncContributionInput): Promise<Contribution | null | Refused> {
  const { slug, domain, type, source } = input;
  // The lock on the source comes first in every case, so that one file sent twice at once is one contribution.
  const there = await contributions.lockBySource(work.tx, domain, input.repo ?? null, source.path);
  if (slug == null) return there === null || there.type === type ? there : invalidInput(['type'], `${there.slug}, which was read from this file, is a ${there.type}.`);
  const named = await contributions.lockBySlug(work.tx, slug);
  if (named === null) return null;
  if (named.type !== type) return invalidInput(['type'], `${slug} is a ${named.type} in the graph, and stays one.`);
  if (named.domain !== domain) return invalidInput(['domain'], `${slug} belongs to the domain ${named.domain} in the graph, and stays there.`);
  if (named.sourcePath !== null && named.repo !== null && input.repo != null && named.repo !== input.repo) return invalidInput(['slug'], `${slug} was read from ${named.sourcePath} of the repo ${named.repo}; a slug names one contribution.`);
  return named;
}

function problems(input: SyncContributionInput): MutationErrorData[] {
  const { slug, type, answerUrl, reason, source } = input;
  const slugIs = slug == null ? null : slugProblem(slug, type);
  return [
    ...placeProblems(input), ...contentProblems(input), ...linkProblems({ answerUrl }), ...textProblems({ reason }),
    ...(slugIs === null ? [] : [invalidField(['slug'], slugIs)]),
    ...(source.path.trim() !== '' && source.path.length <= 1_000 ? [] : [invalidField(['source', 'path'], 'A path has 1 to 1000 characters.')]),
  ];
}
