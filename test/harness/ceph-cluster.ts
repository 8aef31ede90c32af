import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, launch, tail, until, type Child } from '../../scripts/embedded/processes.ts';
import { cephPrograms, type CephPrograms } from './ceph-packages.ts';

/** How a client reaches an S3 service. */
export interface S3Service {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** A real Ceph with its S3 gateway, all of it in memory. */
export interface CephCluster extends S3Service {
  readonly pids: readonly number[];
  /** Ends its processes and removes its folder. */
  stop(): Promise<void>;
}

const READY_WITHIN = 60_000;
const SETPRIV = '/usr/bin/setpriv';
const run = promisify(execFile);

/**
 * Starts one monitor, one OSD that stores in memory, and one gateway: some 150 MB, ready after about ten seconds.
 *
 * @throws NoCeph when its programs cannot be had; Error with the end of a log when it does not start.
 */
export async function startCeph(): Promise<CephCluster> {
  const programs = await cephPrograms();
  const folder = await mkdtemp(join(tmpdir(), 'hubgraph-rgw-'));
  const children: Child[] = [];
  const cutOff = (): void => children.forEach((child) => void child.end('SIGKILL', 0, 'SIGKILL'));
  process.on('exit', cutOff);
  const stop = async (): Promise<void> => {
    process.off('exit', cutOff);
    // what it holds is in memory and goes with it: there is nothing to be closed in order
    await Promise.all(children.map((child) => child.end('SIGKILL', 5_000, 'SIGKILL')));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await start(programs, folder, children)), pids: children.map(({ pid }) => pid), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start({ root, libraries, triplet }: CephPrograms, folder: string, children: Child[]): Promise<S3Service> {
  const [first, second, gateway] = [await freePort(), await freePort(), await freePort()];
  const fsid = randomUUID();
  const addresses = `[v2:127.0.0.1:${first},v1:127.0.0.1:${second}]`;
  const file = (name: string): string => join(folder, name);
  const env = { LD_LIBRARY_PATH: libraries, CEPH_CONF: file('ceph.conf'), PATH: '/usr/bin:/bin' };
  const once = (program: string, args: readonly string[]) => run(join(root, 'usr/bin', program), args, { env, timeout: READY_WITHIN });
  const serve = (program: string, ...options: readonly string[]): void => {
    const command = [join(root, 'usr/bin', program), '-f', ...options];
    // a test run that is killed takes its children along
    const [head, ...args] = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', ...command] : command;
    children.push(launch({ command: head!, args, cwd: folder, log: file(`${program}.out`), env }));
  };

  await Promise.all(['mon', 'osd', 'rgw'].map((name) => mkdir(file(name))));
  await writeFile(file('ceph.conf'), configuration({ folder, fsid, addresses, gateway, plugins: join(root, 'usr/lib', triplet) }));
  const key = (name: string, ...caps: readonly string[]) => once('ceph-authtool', [file('keyring'), ...(name === 'mon.' ? ['--create-keyring'] : []), '--gen-key', '-n', name, ...caps]);
  await key('mon.', '--cap', 'mon', 'allow *');
  await key('osd.0', '--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *');
  await key('client.rgw', '--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *');
  await once('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', addresses, file('monmap')]);
  await once('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', file('monmap'), '--keyring', file('keyring')]);
  serve('ceph-mon', '-i', 'a');
  await once('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', randomUUID()]);
  serve('ceph-osd', '-i', '0');
  serve('radosgw', '-n', 'client.rgw');

  const endpoint = `http://127.0.0.1:${gateway}`;
  const answers = async (): Promise<boolean> => fetch(endpoint).then((response) => response.ok, () => false);
  if (!(await until(answers, READY_WITHIN, 100))) throw new Error(`Ceph did not start: ${['ceph-mon.out', 'ceph-osd.out', 'radosgw.out', 'client.rgw.log'].map((name) => tail(file(name), 2)).join(' | ')}`);
  const accessKey = randomBytes(10).toString('hex');
  const secretKey = randomBytes(20).toString('hex');
  await once('radosgw-admin', ['-n', 'client.rgw', 'user', 'create', '--uid=hubgraph', '--display-name=hubgraph', `--access-key=${accessKey}`, `--secret-key=${secretKey}`]);
  return { endpoint, accessKey, secretKey };
}

function configuration({ folder, fsid, addresses, gateway, plugins }: { readonly folder: string; readonly fsid: string; readonly addresses: string; readonly gateway: number; readonly plugins: string }): string {
  return `[global]
fsid = ${fsid}
mon host = ${addresses}
run dir = ${folder}
admin socket =
crash dir = ${folder}
log file = ${folder}/$name.log
mon cluster log file = ${folder}/cluster.log
keyring = ${folder}/keyring
plugin dir = ${plugins}
erasure code dir = ${plugins}/ceph/erasure-code
osd class dir = ${plugins}/rados-classes
public addr = 127.0.0.1
ms bind ipv6 = false
mon data = ${folder}/mon
mon data avail warn = 0
mon data avail crit = 0
mon allow pool size one = true
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 8589934592
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd class load list = *
osd class default list = *
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${gateway}
rgw data = ${folder}/rgw
`;
}
