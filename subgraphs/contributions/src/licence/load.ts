import { readFile } from 'node:fs/promises';
import { UsageError } from '@hubgraph/kit/errors';
import { defaultPolicy, readPolicy, type LicencePolicy } from './policy.ts';

/**
 * The policy of a file; without one GPL, AGPL and LGPL effective in direct production dependencies are a risk.
 *
 * @throws UsageError with every reason when the file cannot be read or is no policy.
 */
export async function loadPolicy(path: string | undefined): Promise<LicencePolicy> {
  if (path === undefined) return defaultPolicy;
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`The licence policy ${path} cannot be read (${error.code}).`);
  });
  const read = readPolicy(path, text);
  if ('policy' in read) return read.policy;
  throw new UsageError(`The licence policy is refused: ${read.problems.map(({ file, line, reason }) => `${file}${line === undefined ? '' : `:${line}`}: ${reason}`).join(' ')}`);
}
