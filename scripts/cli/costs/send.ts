import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { readConfig } from '@hubgraph/kit/config';
import { UsageError } from '@hubgraph/kit/errors';
import { formatOf } from '@hubgraph/finance/import/formats';
import { SingleBar } from 'cli-progress';
import { clientSettings, environment } from '../../config.ts';
import { exitCodes } from '../../exit-codes.ts';
import { createClient, type GraphOptions } from '../client.ts';

/** What the hub answers to a file. */
export interface Report {
  readonly importId: string | null;
  readonly read: number;
  readonly new: number;
  readonly unchanged: number;
  readonly corrected: number;
  readonly refused: number;
  readonly months: readonly string[];
  readonly refusals: readonly { readonly line: number; readonly reason: string }[];
  readonly broken: { readonly line: number; readonly reason: string } | null;
  readonly unpriced?: number;
}

/** How one file is sent. */
export interface Sending {
  readonly url: string;
  readonly format: string;
  readonly source?: string;
  readonly currency?: string;
  readonly dryRun?: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly token?: string;
  readonly quiet?: boolean;
}

/** Where the running graph takes files in. @throws UsageError */
export async function importUrl(flags: GraphOptions): Promise<string> {
  const { costImportUrl } = await createClient(flags).request<{ readonly costImportUrl: string | null }>('query { costImportUrl }');
  if (costImportUrl === null) throw new UsageError('The finance hub has no address for files.', exitCodes.hubUnavailable.code);
  return costImportUrl;
}

/** The token that {@link createClient} sends, for the hub's own door. */
export function tokenOf(flags: GraphOptions): string | undefined {
  return flags.token ?? readConfig(clientSettings, environment()).HUBGRAPH_TOKEN;
}

/** The format of a file: as told, or by how it begins. @throws UsageError */
export async function formatOfFile(path: string, told: string | undefined, known: readonly string[]): Promise<string> {
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code}).`, exitCodes.usage.code, { cause: error });
  });
  try {
    if (told !== undefined) return told;
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(16_384), position: 0 });
    const found = formatOf(buffer.subarray(0, bytesRead).toString());
    if (found === null) throw new UsageError(`${path} has no format that is known by how it begins: give --format, and --mapping for CSV that is not FOCUS.`);
    if (!known.includes(found)) throw new UsageError(`${path} is ${found}, which this command does not import.`);
    return found;
  } finally {
    await handle.close();
  }
}

/** Sends a file to the hub while it is read. @throws UsageError with one sentence when the hub refuses all of it */
export async function sendFile(path: string, sending: Sending): Promise<Report> {
  const { size } = await stat(path);
  const { url, format, source, currency, dryRun, headers, token } = sending;
  const query = new URLSearchParams({ format, file: basename(path).slice(-200), ...(source !== undefined && { source }), ...(currency !== undefined && { currency }), ...(dryRun && { dryRun: 'true' }) });
  const bar = sending.quiet || !process.stderr.isTTY ? undefined : new SingleBar({ format: `${basename(path)} {bar} {percentage}% | {eta_formatted}`, barCompleteChar: '█', barIncompleteChar: '░', fps: 5, stream: process.stderr });
  bar?.start(Math.max(1, size), 0);
  let sent = 0;
  const file = createReadStream(path).on('data', (chunk) => bar?.update((sent += chunk.length)));
  try {
    // the hub reads no faster than it imports, so what is sent is about what is done
    const answer = await fetch(`${url}?${query}`, { method: 'POST', headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) }, body: Readable.toWeb(file) as ReadableStream, duplex: 'half' } as RequestInit);
    return reportOf(path, answer.status, (await answer.json()) as Report & Refusal);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    throw new UsageError(`${path} did not get through to ${url} (${cause?.code ?? (error as Error).message}). What is imported stays; send it again.`, exitCodes.hubUnavailable.code, { cause: error });
  } finally {
    bar?.stop();
    file.destroy();
  }
}

interface Refusal {
  readonly message?: string;
  readonly problems?: readonly string[];
}

function reportOf(path: string, status: number, body: Report & Refusal): Report {
  if (body.read !== undefined) return body;
  const code = status === 401 || status === 403 ? exitCodes.denied.code : status === 503 ? exitCodes.hubUnavailable.code : status >= 500 ? exitCodes.fault.code : exitCodes.no.code;
  throw new UsageError([`${path}: ${body.message ?? `the hub answered with status ${status}`}`, ...(body.problems ?? [])].join('\n'), code);
}
