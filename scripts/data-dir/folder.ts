import { accessSync, constants, existsSync, mkdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../exit-codes.ts';

/** Where everything that this installation keeps lies. */
export interface DataDir {
  /** Absolute, without symbolic links, so that command lines of servers can be compared with it. */
  readonly path: string;
  readonly postgres: string;
  readonly nats: string;
  readonly logs: string;
  readonly devIssuer: string;
  /** The path of a file in the folder. */
  file(name: string): string;
}

/** The same paths, whether or not the folder exists; makes nothing. */
export function dataDirAt(path: string): DataDir {
  const file = (name: string): string => join(path, name);
  return { path, postgres: file('postgres'), nats: file('nats'), logs: file('logs'), devIssuer: file('dev-issuer.json'), file };
}

/**
 * Makes the folder when it is missing and proves that it can be written.
 *
 * @throws UsageError (5) with the reason.
 */
export function openDataDir(setting: string): DataDir {
  const wanted = resolve(setting);
  try {
    // PostgreSQL runs as another user when we are root and has to pass; what is secret inside is 0600
    makeFolder(wanted, userInfo().uid === 0 ? 0o711 : 0o700);
    const path = realpathSync(wanted);
    if (!statSync(path).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'EEXIST' });
    accessSync(path, constants.W_OK | constants.X_OK);
    const probe = join(path, `.probe-${process.pid}`);
    // some bytes: an empty file fits on a full disk
    writeFileSync(probe, 'x'.repeat(4_096));
    rmSync(probe);
    const dir = dataDirAt(path);
    mkdirSync(dir.logs, { recursive: true, mode: 0o700 });
    return dir;
  } catch (error) {
    throw new UsageError(`The data folder ${wanted} cannot be written: ${reasonOf(error)}; set HUBGRAPH_DATA_DIR to another folder.`, exitCodes.unwritable.code);
  }
}

/** Node's own `recursive` never returns where a folder cannot be made below one that exists, as in /proc. */
function makeFolder(path: string, mode: number): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path), mode);
  mkdirSync(path, { mode });
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    EACCES: 'permission denied', EPERM: 'not permitted', EROFS: 'the file system is read-only', ENOSPC: 'no space is left',
    ENOTDIR: 'a part of the path is not a folder', EEXIST: 'there is a file of that name', ENOENT: 'a part of the path does not exist',
  };
  return (code && reasons[code]) ?? message;
}
