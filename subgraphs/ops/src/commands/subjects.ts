import { MAX_LINE, slugProblems } from '@hubgraph/kit/fields';
import { invalidField, type MutationErrorData } from '@hubgraph/kit/refusal';
import { PackageURL } from 'packageurl-js';
import { SUBJECT_KINDS, type SubjectKind, type Subjects } from '../model.ts';
import { services } from '../store/index.ts';
import type { Work } from './common.ts';

/** What an alert or a risk is about, as callers say it: at least one key. */
export interface SubjectsInput {
  /** The kind that it is about first of all; the first of service, workstream, repo, domain and package that is given, when left out. */
  readonly subject?: SubjectKind | null;
  readonly service?: string | null;
  readonly workstream?: string | null;
  readonly repo?: string | null;
  readonly domain?: string | null;
  readonly package?: string | null;
}

const WORKSTREAM = /^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-WP-\d+$/;
const KEYS = { SERVICE: 'service', WORKSTREAM: 'workstream', REPO: 'repo', DOMAIN: 'domain', PACKAGE: 'package' } as const satisfies Record<SubjectKind, keyof SubjectsInput>;

/** What is wrong with the subjects of something new. */
export function subjectProblems(input: SubjectsInput): MutationErrorData[] {
  const { subject, workstream } = input;
  const slugs = (['service', 'repo', 'domain'] as const).flatMap((field) => (input[field] == null ? [] : slugProblems(input[field], [field])));
  return [
    ...(SUBJECT_KINDS.some((kind) => input[KEYS[kind]] != null) ? [] : [invalidField([], 'It is about a service, a workstream, a repo, a domain or a package: name at least one.')]),
    ...(subject != null && input[KEYS[subject]] == null ? [invalidField([KEYS[subject]], `It is about a ${KEYS[subject]} first of all, so name it.`)] : []),
    ...slugs,
    ...(workstream == null || (workstream.length <= MAX_LINE && WORKSTREAM.test(workstream)) ? [] : [invalidField(['workstream'], 'A workstream is named by its code, such as CUST-WP-0025.')]),
    ...(input.package == null || readPurl(input.package) !== null ? [] : [invalidField(['package'], `A package is named by its purl, such as pkg:npm/jszip; at most ${MAX_LINE} characters.`)]),
  ];
}

/**
 * The subjects as they are stored. Domain and repo of a service are filled in from the registry when they are not given;
 * a service that is not registered is kept as it is named, because nothing that needs somebody may get lost for that.
 */
export async function subjectsOf(work: Work, input: SubjectsInput): Promise<Subjects> {
  const service = input.service == null ? undefined : (await services.bySlugs(work.tx, [input.service])).get(input.service);
  return {
    subject: input.subject ?? SUBJECT_KINDS.find((kind) => input[KEYS[kind]] != null)!,
    service: input.service ?? null, workstream: input.workstream ?? null, repo: input.repo ?? service?.repo ?? null, domain: input.domain ?? service?.domain ?? null,
    package: input.package == null ? null : readPurl(input.package),
  };
}

/** The canonical form of a package URL; null when the text is none. */
function readPurl(text: string): string | null {
  try {
    return text.length <= MAX_LINE ? PackageURL.fromString(text).toString() : null;
  } catch {
    return null;
  }
}
