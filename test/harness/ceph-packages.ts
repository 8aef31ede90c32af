import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Programs of Ceph as Debian builds them, in a folder of ours: nothing is installed. */
export interface CephPrograms {
  /** Folder with `usr/bin`. */
  readonly root: string;
  /** For the environment: where the programs find the libraries that came with them. */
  readonly libraries: string;
  /** Folder of the system's libraries below `usr/lib`, such as `x86_64-linux-gnu`. */
  readonly triplet: string;
}

/** Why there is no Ceph here. */
export class NoCeph extends Error {}

const WANTED = ['ceph-mon', 'ceph-osd', 'radosgw'];
/** Of what these packages depend on, programs and libraries are needed; Python, LVM and the like are for installations. */
const NEEDED = /^(lib|ceph-(mon|osd|base|common)$|radosgw$)/;
const run = promisify(execFile);
const LIMITS = { timeout: 120_000, maxBuffer: 16_777_216, env: { ...process.env, LC_ALL: 'C' } };

/**
 * Downloads Ceph's packages and what this system lacks of their libraries by apt, and unpacks them (60 MB, 240 MB unpacked; a few seconds). They
 * stay in the folder for temporary files, so that the next run need not.
 *
 * @throws NoCeph with the reason: no Linux, no apt, no network.
 */
export async function cephPrograms(): Promise<CephPrograms> {
  if (process.platform !== 'linux') throw new NoCeph(`Debian's packages run on Linux and not on ${process.platform}`);
  const cache = join(tmpdir(), `hubgraph-ceph-${userInfo().uid}`);
  if (!(await isOurs(cache))) await unpackTo(cache);
  const triplet = (await readdir(join(cache, 'usr/lib'))).find((name) => name.endsWith('-linux-gnu'));
  if (triplet === undefined) throw new NoCeph(`there are no libraries in ${cache}; remove it`);
  const libraries = [`usr/lib/${triplet}`, `usr/lib/${triplet}/ceph`, `lib/${triplet}`].map((path) => join(cache, path)).join(':');
  return { root: cache, libraries, triplet };
}

/** A folder that is complete, and that nobody else could have put programs into. */
async function isOurs(cache: string): Promise<boolean> {
  const found = await stat(cache).catch(() => undefined);
  if (found === undefined) return false;
  if (found.uid !== userInfo().uid || (found.mode & 0o022) !== 0) throw new NoCeph(`${cache} belongs to somebody else`);
  return true;
}

async function unpackTo(cache: string): Promise<void> {
  const work = await mkdtemp(`${cache}-`);
  try {
    const packages = join(work, 'packages');
    const root = join(work, 'root');
    await Promise.all([mkdir(packages), mkdir(root, { mode: 0o700 })]);
    const { stdout } = await run('apt-get', ['--simulate', '--no-install-recommends', 'install', ...WANTED], LIMITS);
    const names = stdout.split('\n').filter((line) => line.startsWith('Inst ')).map((line) => line.split(' ')[1]!).filter((name) => NEEDED.test(name));
    const absent = WANTED.filter((name) => !names.includes(name));
    if (absent.length > 0) throw new NoCeph(`${absent.join(', ')} would not be downloaded, probably because it is installed`);
    await run('apt-get', ['download', ...names], { ...LIMITS, cwd: packages });
    for (const file of await readdir(packages)) await run('dpkg-deb', ['--extract', join(packages, file), root], LIMITS);
    // another run may have been faster
    await rename(root, cache).catch(async (error: NodeJS.ErrnoException) => {
      if (!(await isOurs(cache))) throw error;
    });
  } catch (error) {
    if (error instanceof NoCeph) throw error;
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    const said = stderr?.split('\n').find((line) => line.startsWith('E: ')) ?? message;
    throw new NoCeph(code === 'ENOENT' ? `there is no apt here (${message})` : `its packages cannot be had from Debian: ${said} (apt-get update may help)`, { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
