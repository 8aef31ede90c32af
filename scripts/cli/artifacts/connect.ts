import { ArtifactsError, type Connection } from '@hubgraph/artifacts/client/connection';
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../../exit-codes.ts';
import { createClient, type GraphOptions } from '../client.ts';
import { whenAvailable } from '../when-available.ts';

/** The connection that the options of a command name. */
export function connectionOf(flags: GraphOptions): Connection {
  const client = createClient(flags);
  return { graphql: (query, variables) => whenAvailable(() => client.request(query, variables)) };
}

/** Does something; what is refused becomes the one message of the command, with exit code 1. */
export async function orRefuse<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ArtifactsError) throw new UsageError(error.problems.join('\n'), exitCodes.no.code, { cause: error });
    throw error;
  }
}

/** `1.5 MB`; in powers of a thousand. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** `1 file`, `2 files`. */
export function filesText(count: number): string {
  return `${count} file${count === 1 ? '' : 's'}`;
}
