import { type Command } from 'commander';
import { createClient, withGraph, type GraphOptions } from '../client.ts';

/** What `repos add` can be told; at a terminal it asks for what is missing. */
export interface AddFlags extends GraphOptions {
  readonly domain?: string;
  readonly ecosystem?: string;
  readonly name?: string;
  readonly url?: string;
  readonly branch?: string;
  readonly lockfile?: readonly string[];
  readonly manifest?: readonly string[];
  readonly ingest?: boolean;
  readonly json?: boolean;
}

/** `repos`: repos of the organisation. */
export function register(program: Command): void {
  const repos = program.command('repos').description('register repos in the graph');
  withGraph(repos.command('add').argument('[slug]', 'natural key of the repo, such as state-hub'))
    .description('register a repo and take in its first bill of materials; at a terminal it asks for what is left out')
    .option('--domain <slug>', 'the domain that owns it')
    .option('--ecosystem <name>', 'language or package ecosystem, such as npm or pypi; seen from the lockfile when left out')
    .option('--name <name>', 'what it is called; the slug when left out')
    .option('--url <url>', 'where it is cloned from, without credentials')
    .option('--branch <name>', 'branch that counts')
    .option('--lockfile <file...>', 'lockfiles, or one CycloneDX or SPDX document, to take in at once')
    .option('--manifest <file...>', 'manifests beside the lockfiles')
    .option('--no-ingest', 'take nothing in')
    .option('--json', 'print JSON; asks nothing')
    .action(async (slug: string | undefined, flags: AddFlags) => {
      const { addRepo } = await import('../repos/add.ts');
      await addRepo(createClient(flags), slug, flags);
    });
}
