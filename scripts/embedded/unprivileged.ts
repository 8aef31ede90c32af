import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '@hubgraph/kit/errors';
import { exitCodes } from '../exit-codes.ts';

const run = promisify(execFile);

/** The user that PostgreSQL runs as when we are root, because it refuses to be root. */
export interface Unprivileged {
  readonly uid: number;
  readonly gid: number;
  /** Command to put in front, such as `setpriv ... --`, when the user alone could not reach the files; then spawn without uid. */
  readonly prefix: readonly string[];
}

/**
 * Chooses that user: the owner of an existing database folder, else `postgres`, which is made when there is none.
 *
 * @param owned the database folder, when it exists already
 * @param reached paths that the user must be able to get at
 * @returns undefined when we are not root and need nobody else
 * @throws UsageError (5) when there is no such user or it cannot get at a path.
 */
export async function unprivilegedUser(owned: string | undefined, reached: readonly string[]): Promise<Unprivileged | undefined> {
  if (userInfo().uid !== 0) return undefined;
  const user = (owned && await ownerOf(owned)) || await lookUp() || await create();
  if (!user) throw new UsageError('PostgreSQL refuses to run as root, and there is no user postgres and no way to make one; start as another user or set DATABASE_URL.', exitCodes.unwritable.code);
  for (const path of reached) {
    const barrier = await barrierOf(path, user);
    if (barrier === undefined) continue;
    const prefix = await readingPrefix(user);
    if (prefix) return { ...user, prefix };
    throw new UsageError(`PostgreSQL runs as user ${user.uid} because it refuses to be root, and that user cannot enter ${barrier}; use another folder, start as another user, or set DATABASE_URL.`, exitCodes.unwritable.code);
  }
  return { ...user, prefix: [] };
}

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  const { uid, gid } = await stat(path);
  return uid === 0 ? undefined : { uid, gid };
}

async function lookUp(): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)));
    return uid && gid ? { uid, gid } : undefined;
  } catch {
    return undefined;
  }
}

async function create(): Promise<{ uid: number; gid: number } | undefined> {
  await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']).catch(() => undefined);
  return lookUp();
}

/** The first folder above `path` that the user may not pass. */
async function barrierOf(path: string, user: { uid: number; gid: number }): Promise<string | undefined> {
  const folders: string[] = [];
  for (let folder = dirname(path); !folders.includes(folder); folder = dirname(folder)) folders.unshift(folder);
  for (const folder of folders) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return folder;
  }
  return undefined;
}

/** A clone below /root (0700) is common in containers: there PostgreSQL gets the one capability that passes folders. */
async function readingPrefix(user: { uid: number; gid: number }): Promise<string[] | undefined> {
  const prefix = [
    'setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--no-new-privs',
    '--bounding-set=-all,+dac_read_search', '--inh-caps=-all,+dac_read_search', '--ambient-caps=-all,+dac_read_search', '--',
  ];
  const [command = '', ...args] = prefix;
  return run(command, [...args, 'true']).then(() => prefix, () => undefined);
}
