import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataDir } from '../data-dir/folder.ts';
import { beginningOf, commandOf, endForeign, isAlive, until } from './processes.ts';

/** What an earlier start left running or lying, and what was done about it; one clause each, for the log. */
export async function endLeftovers(dir: DataDir): Promise<string[]> {
  const done: string[] = [];
  const keeper = readKeeper(dir);
  if (keeper && isAlive(keeper.pid) && beginningOf(keeper.pid) === keeper.began) {
    // its main process is gone, so it is about to stop the servers by itself
    if (!(await until(() => !isAlive(keeper.pid), 30_000))) await endForeign(keeper.pid, [['SIGTERM', 10_000], ['SIGKILL', 5_000]]);
    done.push(`the keeper ${keeper.pid} of an earlier start has ended`);
  }
  rmSync(dir.file('keeper.json'), { force: true });
  const servers = [
    { name: 'PostgreSQL', pidFile: join(dir.postgres, 'postmaster.pid'), mark: dir.postgres, steps: [['SIGINT', 20_000], ['SIGQUIT', 10_000], ['SIGKILL', 5_000]] },
    { name: 'nats-server', pidFile: join(dir.nats, 'nats.pid'), mark: join(dir.nats, 'nats.conf'), steps: [['SIGTERM', 10_000], ['SIGKILL', 5_000]] },
  ] as const;
  await Promise.all(servers.map(async ({ name, pidFile, mark, steps }) => {
    const pid = readPid(pidFile);
    if (pid === undefined) return;
    if (isAlive(pid) && commandOf(pid).includes(mark)) {
      await endForeign(pid, steps);
      done.push(`${name} ${pid} of an earlier start was ended`);
    }
    // PostgreSQL would refuse to start if an unrelated process had got this id
    rmSync(pidFile, { force: true });
  }));
  return done;
}

/** Notes which process keeps the servers of this folder, for {@link endLeftovers} of a later start. */
export function noteKeeper(dir: DataDir, pid: number): void {
  writeFileSync(dir.file('keeper.json'), JSON.stringify({ pid, began: beginningOf(pid) }));
}

function readKeeper(dir: DataDir): { pid: number; began?: string } | undefined {
  try {
    const { pid, began } = JSON.parse(readFileSync(dir.file('keeper.json'), 'utf8')) as { pid: number; began?: string };
    return Number.isInteger(pid) ? { pid, began } : undefined;
  } catch {
    return undefined;
  }
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}
