import { existsSync } from 'node:fs';
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../../exit-codes.ts';
import type { GraphClient } from '../client.ts';
import type { AddFlags } from '../commands/repos.ts';
import { readSbomFiles } from '../sbom/files.ts';
import { sendSbom, type MutationError } from '../sbom/graph.ts';
import { ingestText, problemLine } from '../sbom/print.ts';
import { whenAvailable } from '../when-available.ts';
import { openQuestions, type Questions } from './questions.ts';

/** Lockfiles that a folder may hold, with the manifest that goes with each and the ecosystem that it tells. */
const LOCKFILES: readonly { readonly file: string; readonly ecosystem: string; readonly manifests: readonly string[] }[] = [
  { file: 'package-lock.json', ecosystem: 'npm', manifests: ['package.json'] },
  { file: 'npm-shrinkwrap.json', ecosystem: 'npm', manifests: ['package.json'] },
  { file: 'pnpm-lock.yaml', ecosystem: 'npm', manifests: ['package.json'] },
  { file: 'yarn.lock', ecosystem: 'npm', manifests: ['package.json'] },
  { file: 'uv.lock', ecosystem: 'pypi', manifests: ['pyproject.toml'] },
  { file: 'poetry.lock', ecosystem: 'pypi', manifests: ['pyproject.toml'] },
  { file: 'requirements.txt', ecosystem: 'pypi', manifests: [] },
  { file: 'Cargo.lock', ecosystem: 'cargo', manifests: ['Cargo.toml'] },
  { file: 'go.sum', ecosystem: 'golang', manifests: ['go.mod'] },
];

interface Wanted {
  readonly slug: string;
  readonly domain: string;
  readonly ecosystem: string | undefined;
  readonly lockfiles: readonly string[];
  readonly manifests: readonly string[];
}

/** What questions are asked of; a terminal, unless a test says otherwise. */
export type Asking = () => Questions | undefined;

const atTerminal: Asking = () => (process.stdin.isTTY && process.stdout.isTTY ? openQuestions(process.stdin, process.stdout) : undefined);

/**
 * Registers a repo and takes in its first bill of materials. The files are read before anything is registered, so that a
 * file that is refused leaves nothing half done; a repo that is there already is left as it is.
 *
 * @throws UsageError (2) when something is missing and nobody can be asked, (1) when the graph refuses.
 */
export async function addRepo(client: GraphClient, slug: string | undefined, flags: AddFlags, asking: Asking = atTerminal): Promise<void> {
  const questions = flags.json ? undefined : asking();
  try {
    const wanted = await gather(client, slug, flags, questions);
    const read = wanted.lockfiles.length === 0 ? undefined : await readSbomFiles(wanted.lockfiles, wanted.manifests);
    if (read !== undefined && 'problems' in read) {
      process.exitCode = exitCodes.no.code;
      if (flags.json) console.log(JSON.stringify({ problems: read.problems }));
      else console.error([...read.problems.map(problemLine), 'Nothing was registered.'].join('\n'));
      return;
    }
    const existed = await registerRepo(client, wanted, flags);
    if (!flags.json) console.log(existed ? `${wanted.slug} is registered already; it stays as it is.` : `${wanted.slug} is registered in ${wanted.domain}.`);
    const answer = read && await sendSbom(client, wanted.slug, wanted.domain, read);
    if (answer && answer.errors.length > 0) throw new UsageError(answer.errors.map(({ message }) => message).join(' '), exitCodes.no.code);
    if (flags.json) console.log(JSON.stringify({ repo: { slug: wanted.slug, domain: wanted.domain, ecosystem: wanted.ecosystem ?? null, registered: !existed }, ...(answer && { sbom: answer.sbom, ingest: answer.ingest }) }));
    else console.log(answer ? ingestText(wanted.slug, answer, false) : `Take its bill of materials in with \`hubgraph sbom ingest --repo ${wanted.slug} FILE\`.`);
  } finally {
    questions?.close();
  }
}

async function gather(client: GraphClient, given: string | undefined, flags: AddFlags, questions: Questions | undefined): Promise<Wanted> {
  const missing = [...(given === undefined ? ['the slug'] : []), ...(flags.domain === undefined ? ['--domain'] : [])];
  if (missing.length > 0 && questions === undefined) throw new UsageError(`Say ${missing.join(' and ')}; at a terminal they are asked for.`);
  const slug = given ?? await questions!.text('Slug of the repo (lower-case words with dashes)');
  const domain = flags.domain ?? await askDomain(client, questions!);
  const here = LOCKFILES.filter(({ file }) => existsSync(file));
  const ingest = flags.ingest !== false;
  let lockfiles = flags.lockfile ?? [];
  if (ingest && flags.lockfile === undefined && questions !== undefined) {
    lockfiles = (await questions.text('Lockfiles, separated by spaces (empty for none)', here.map(({ file }) => file).join(' '))).split(/\s+/).filter((file) => file !== '');
  }
  const known = LOCKFILES.find(({ file }) => lockfiles.some((path) => path.endsWith(file)));
  const ecosystem = flags.ecosystem ?? (questions === undefined ? known?.ecosystem : await questions.text('Ecosystem', known?.ecosystem ?? ''));
  if (!ingest || (lockfiles.length > 0 && questions !== undefined && flags.lockfile === undefined && !await questions.yes('Take its bill of materials in now?'))) lockfiles = [];
  const beside = here.filter(({ file }) => lockfiles.includes(file)).flatMap(({ manifests }) => manifests.filter((file) => existsSync(file)));
  return { slug, domain, ecosystem: ecosystem || undefined, lockfiles, manifests: flags.manifest ?? [...new Set(beside)] };
}

async function askDomain(client: GraphClient, questions: Questions): Promise<string> {
  const { domains } = await whenAvailable(() => client.request<{ domains: { nodes: { slug: string }[] } }>('query DomainsToChoose { domains(first: 200) { nodes { slug } } }'));
  const slugs = domains.nodes.map(({ slug }) => slug);
  return questions.choice('Domain that owns it', slugs);
}

/** Whether it was there already. */
async function registerRepo(client: GraphClient, { slug, domain, ecosystem }: Wanted, { name, url, branch }: AddFlags): Promise<boolean> {
  const input = { slug, domain, ecosystem, name, url, defaultBranch: branch };
  const { registerRepo: { errors } } = await whenAvailable(() => client.request<{ registerRepo: { errors: MutationError[] } }>('mutation AddRepo($input: RegisterRepoInput!) { registerRepo(input: $input) { errors { code message path } } }', { input }));
  if (errors.length === 0) return false;
  if (errors.some(({ code }) => code !== 'DUPLICATE')) throw new UsageError(errors.map(({ message }) => message).join(' '), exitCodes.no.code);
  const { repo } = await client.request<{ repo: { domain: { slug: string } } | null }>('query RepoThatIsThere($slug: String!) { repo(slug: $slug) { domain { slug } } }', { slug });
  if (repo !== null && repo.domain.slug !== domain) throw new UsageError(`Repo ${slug} is registered already, in the domain ${repo.domain.slug}.`, exitCodes.no.code);
  return true;
}
