import { lineProblems, MAX_LINE, slugProblems, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { duplicate, invalidField, notFound, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import type { Repo } from '../model.ts';
import { domains, repos } from '../store/index.ts';
import { changed, checkVersion, domainOf, type Work } from './common.ts';

interface RepoFacts {
  readonly description?: string | null;
  readonly url?: string | null;
  readonly defaultBranch?: string | null;
  readonly ecosystem?: string | null;
}

export interface RegisterRepoInput extends RepoFacts {
  readonly slug: string;
  readonly domain: string;
  /** The slug when left out. */
  readonly name?: string | null;
}

/** Registers a repo of a domain under a slug that is free. */
export async function registerRepo(work: Work, input: RegisterRepoInput): Promise<{ repo: Repo } | Refused> {
  const name = input.name ?? input.slug;
  const wrong = [...slugProblems(input.slug), ...lineProblems('name', name), ...factProblems(input)];
  if (wrong.length > 0) return new Refused(wrong);
  const domain = await domainOf(work.tx, input.domain);
  if (domain instanceof Refused) return domain;
  const repo = await repos.insert(work.tx, {
    id: newId(), slug: input.slug, domainId: domain.id, name, description: input.description ?? null, url: input.url ?? null, defaultBranch: input.defaultBranch ?? null,
    ecosystem: input.ecosystem ?? null, createdAt: work.now, updatedAt: work.now, version: 1,
  });
  if (repo === null) return duplicate('repo', input.slug, (await repos.bySlugs(work.tx, [input.slug])).get(input.slug)?.id ?? '', ['slug']);
  recordRepo(work, 'repo.registered', repo, domain.slug);
  return { repo };
}

/** What may change of a repo: what is undefined stays, null clears. Its domain stays, because workstreams rely on it. */
export interface UpdateRepoInput extends RepoFacts {
  readonly id: string;
  readonly name?: string | null;
  readonly expectedVersion?: number | null;
}

/** Changes what is said of a repo. Nothing to change is no change: no new version, no event. */
export async function updateRepo(work: Work, input: UpdateRepoInput): Promise<{ repo: Repo } | Refused> {
  const before = isUuid(input.id) ? await repos.lockById(work.tx, input.id) : null;
  if (before === null) return notFound('repo', input.id);
  const stale = checkVersion(before, input.expectedVersion);
  if (stale) return stale;
  const wrong = [...lineProblems('name', input.name), ...factProblems(input)];
  if (wrong.length > 0) return new Refused(wrong);
  const changes = changed(before, { name: input.name ?? undefined, description: input.description, url: input.url, defaultBranch: input.defaultBranch, ecosystem: input.ecosystem });
  if (changes === null) return { repo: before };
  const repo = await repos.save(work.tx, before, changes, work.now);
  recordRepo(work, 'repo.updated', repo, (await domains.byIds(work.tx, [repo.domainId])).get(repo.domainId)?.slug);
  return { repo };
}

function factProblems({ description, url, defaultBranch, ecosystem }: RepoFacts): MutationErrorData[] {
  return [...textProblems({ description }), ...textProblems({ url, defaultBranch, ecosystem }, MAX_LINE), ...(url == null || isRepoUrl(url) ? [] : [invalidField(['url'], 'A repo URL is https, http, ssh or git, or user@host:path, and carries no password or token.')])];
}

const PROTOCOLS = ['https:', 'http:', 'ssh:', 'git:'];

/** Clients show it as a link and events must not carry secrets, so neither scripts nor credentials may hide in it. */
function isRepoUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return /^[\w.-]+@[\w.-]+:[\w./~-]+$/.test(text);
  return PROTOCOLS.includes(url.protocol) && url.password === '' && (url.username === '' || url.protocol === 'ssh:');
}

function recordRepo(work: Work, name: 'repo.registered' | 'repo.updated', repo: Repo, domain: string | undefined): void {
  work.record(name, { subject: `repo/${repo.id}`, domain, data: { id: repo.id, slug: repo.slug, version: repo.version } });
}
