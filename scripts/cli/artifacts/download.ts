import { writeFile } from 'node:fs/promises';
import { UsageError } from '@hubgraph/kit/errors';
import type { Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { withGraph, type GraphOptions } from '../client.ts';
import { connectionOf, filesText, orRefuse, sizeText } from './connect.ts';
import { showProgress } from './progress.ts';

interface ManifestFlags extends GraphOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** `artifacts download` and `artifacts manifest`. */
export function addDownloadCommands(group: Command): void {
  withGraph(group.command('download').argument('<id>', 'id of a finalized package').argument('<dir>', 'folder to write to; made when there is none'))
    .description('fetch all files of a package and its manifest, verified while they are written; the same command goes on after an interruption')
    .option('--json', 'print JSON')
    .action(download);
  withGraph(group.command('manifest').argument('<id>', 'id of a finalized or deleted package'))
    .description('fetch the manifest of a package: canonical CBOR, whose BLAKE3 is the manifest digest')
    .option('-o, --out <file>', 'where to')
    .option('--json', 'print what it says as JSON, too')
    .action(manifest);
}

async function download(id: string, directory: string, flags: GraphOptions & { readonly json?: boolean }): Promise<void> {
  const { downloadPackage } = await import('@hubgraph/artifacts/client/download');
  const bar = showProgress(flags.json);
  const done = await orRefuse(() => downloadPackage(connectionOf(flags), id, directory, { onProgress: bar.on })).finally(bar.stop);
  if (flags.json) return console.log(JSON.stringify(done));
  console.log(`Fetched ${filesText(done.files - done.kept)}${done.kept > 0 ? `; ${done.kept} were there` : ''}. ${filesText(done.files)}, ${sizeText(done.bytes)} in ${directory}, all as the manifest says.`);
  console.log(`manifest ${done.manifestDigest}`);
}

async function manifest(id: string, flags: ManifestFlags): Promise<void> {
  if (flags.out === undefined && !flags.json) throw new UsageError('Give --out FILE for the manifest itself, or --json to read what it says.');
  const { fetchManifest } = await import('@hubgraph/artifacts/client/download');
  const { bytes, digest, manifest: said } = await orRefuse(() => fetchManifest(connectionOf(flags), id));
  if (flags.out !== undefined) {
    await writeFile(flags.out, bytes).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`${flags.out} cannot be written (${error.code}).`, exitCodes.usage.code, { cause: error });
    });
  }
  console.log(flags.json ? JSON.stringify({ manifestDigest: digest, ...said }) : `manifest ${digest}`);
}
