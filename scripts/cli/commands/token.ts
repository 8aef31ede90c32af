import { userInfo } from 'node:os';
import { readConfig } from '@hubgraph/kit/config';
import { UsageError } from '@hubgraph/kit/errors';
import { ROLES, SCOPES, SCOPES_OF_ROLE, type Role } from '@hubgraph/kit/identity';
import { type Command, Option } from 'commander';
import { environment, startSettings } from '../../config.ts';
import { openDataDir } from '../../data-dir/folder.ts';
import { parseDuration } from '../duration.ts';

interface Options {
  readonly role: readonly Role[];
  readonly scope: readonly string[];
  readonly sub?: string;
  readonly ttl: string;
  readonly json?: boolean;
}

/** `token`: a token of the development issuer of this data folder. */
export function register(program: Command): void {
  program.command('token')
    .description('print a development token, and nothing else')
    .addOption(new Option('--role <role>', `may be given more than once: ${ROLES.join(', ')}`).argParser(collect('role', ROLES)).default([], 'no role'))
    .addOption(new Option('--scope <scope>', 'a scope besides those of the roles; may be given more than once').argParser(collect('scope', SCOPES)).default([], 'none'))
    .option('--sub <name>', 'who the token speaks for; your login name when left out')
    .option('--ttl <duration>', 'how long it is valid, such as 30m, 1h, 7d', '1h')
    .option('--json', 'print JSON with what the token says')
    .action(async (options: Options) => {
      const { role: roles, scope: scopes } = options;
      const ttlSeconds = parseDuration(options.ttl);
      if (roles.length === 0 && scopes.length === 0) throw new UsageError(`Say what the token may do: --role one of ${ROLES.join(', ')}, or --scope.`);
      const env = environment();
      if (env.HUBGRAPH_OIDC_ISSUER) throw new UsageError(`Tokens come from ${env.HUBGRAPH_OIDC_ISSUER} here (HUBGRAPH_OIDC_ISSUER); development tokens are not accepted.`);
      const { openDevIssuer } = await import('@hubgraph/kit/identity/issuer');
      const issuer = await openDevIssuer(openDataDir(readConfig(startSettings, env).HUBGRAPH_DATA_DIR).devIssuer);
      const sub = options.sub || userInfo().username;
      const token = await issuer.sign({ sub, roles, scopes, ttlSeconds });
      if (!options.json) return console.log(token);
      const all = [...new Set([...scopes, ...roles.flatMap((role) => SCOPES_OF_ROLE[role])])].sort();
      console.log(JSON.stringify({ token, sub, roles, scopes: all, issuer: issuer.issuer, expiresAt: new Date(Date.now() + ttlSeconds * 1000).toISOString() }));
    });
}

function collect<Word extends string>(kind: string, known: readonly Word[]): (word: string, before: readonly Word[]) => Word[] {
  return (word, before) => {
    if (!(known as readonly string[]).includes(word)) throw new UsageError(`There is no ${kind} ${word}; there are ${known.join(', ')}.`);
    return [...before, word as Word];
  };
}
