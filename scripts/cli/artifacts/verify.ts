import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '@hubgraph/kit/errors';
import type { Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { filesText, orRefuse, sizeText } from './connect.ts';
import { showProgress } from './progress.ts';

interface VerifyFlags {
  readonly manifest?: string;
  readonly digest?: string;
  readonly json?: boolean;
}

/** No manifest is larger: a million files with long paths. */
const MAX_MANIFEST = 2 ** 30;

/** `artifacts verify`: without the hub. */
export function addVerifyCommand(group: Command): void {
  group.command('verify').argument('<dir|url>', 'folder with the files of a package, or URL below which they are served')
    .description('recompute every digest of a package, without any hub; exit with 1 and a list when something is missing, extra or other')
    .option('--manifest <file>', 'the manifest, as `artifacts manifest` writes it (.hubgraph/manifest.cbor in the folder)')
    .option('--digest <blake3>', 'digest that the manifest must have, from where you trust it')
    .option('--json', 'print JSON')
    .action(verifyCommand);
}

async function verifyCommand(source: string, flags: VerifyFlags): Promise<void> {
  const { verify } = await import('@hubgraph/artifacts/client/verify');
  const isUrl = /^[a-z][a-z\d+.-]+:\/\//i.test(source);
  if (isUrl && !(/^https?:/i.test(source) && URL.canParse(source))) throw new UsageError(`${source} is no URL of http or https.`);
  if (!isUrl && !(await stat(source).then((about) => about.isDirectory(), () => false))) throw new UsageError(`There is no folder ${source}.`);
  if (isUrl && flags.manifest === undefined) throw new UsageError('A URL is verified by a manifest that you have: give --manifest.');
  if (flags.digest !== undefined && !/^blake3:[\da-f]{64}$/.test(flags.digest)) throw new UsageError('A digest is blake3: and 64 hexadecimal digits in lower case.');
  const manifest = await readManifest(flags.manifest ?? join(source, '.hubgraph/manifest.cbor'));
  const bar = showProgress(flags.json);
  const found = await orRefuse(() => verify({ source, manifest, expectedDigest: flags.digest, onProgress: bar.on })).finally(bar.stop);
  if (found.differences.length > 0) process.exitCode = exitCodes.no.code;
  if (flags.json) return console.log(JSON.stringify({ intact: found.differences.length === 0, ...found }));
  for (const { path, message } of found.differences) console.log(`${JSON.stringify(path).slice(1, -1)} ${message}`);
  console.log(`manifest ${found.manifestDigest}`);
  console.log(found.differences.length === 0 ? `${filesText(found.files)}, ${sizeText(found.bytes)}: all as the manifest says.` : `${found.differences.length} difference${found.differences.length === 1 ? '' : 's'} from the manifest of ${filesText(found.files)}.`);
}

async function readManifest(path: string): Promise<Uint8Array> {
  try {
    if ((await stat(path)).size > MAX_MANIFEST) throw new UsageError(`${path} is too large for a manifest.`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`The manifest ${path} cannot be read (${(error as NodeJS.ErrnoException).code}): give one with --manifest.`, exitCodes.usage.code, { cause: error });
  }
}
