import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, openSync, readFileSync, renameSync, statSync, closeSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How a child ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server that we started and that is ours to end. */
export interface Child {
  readonly pid: number;
  /** Resolves when the process has ended, whoever ended it. */
  readonly exited: Promise<Exit>;
  /** Sends `signal`, then after `patience` milliseconds `last`; resolves when the process has ended. */
  end(signal: NodeJS.Signals, patience: number, last: NodeJS.Signals): Promise<void>;
}

/** What {@link launch} needs to know. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** File that gets what the process prints; see {@link openLog}. */
  readonly log: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a server in a session of its own, so that Ctrl-C in the terminal reaches only who is to stop it in order. */
export function launch(options: Launch): Child {
  const log = openLog(options.log);
  const child = spawn(options.command, options.args, {
    cwd: options.cwd, uid: options.uid, gid: options.gid, env: { LC_ALL: 'C', ...options.env }, stdio: ['ignore', log, log], detached: true,
  });
  closeSync(log);
  return childOf(child);
}

/** The promise-shaped side of a Node child process. */
export function childOf(child: ChildProcess): Child {
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: 127, signal: null }));
  });
  return {
    pid: child.pid ?? -1,
    exited,
    async end(signal, patience, last) {
      child.kill(signal);
      const timer = setTimeout(() => child.kill(last), patience);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** Opens a log for appending; one that has grown past 10 MiB is kept as `.1` and begun anew. */
export function openLog(path: string): number {
  if (existsSync(path) && statSync(path).size > 10 * 1024 * 1024) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

/** The last lines of a log, for a message that says why a server did not start. */
export function tail(path: string, lines = 3): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join(' | ') : '';
}

/** Whether a process with this id exists (a zombie, which only waits to be collected, does not count). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return statOf(pid)?.state !== 'Z';
}

/**
 * A mark that differs between two processes that had the same id one after the other: when it began.
 * Undefined when there is no such process or the platform does not tell.
 */
export function beginningOf(pid: number): string | undefined {
  if (existsSync('/proc/self/stat')) {
    const stat = statOf(pid);
    // ticks count from boot: without the boot id a process before a reboot could look like one after it
    return stat && `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${stat.began}`;
  }
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() || undefined;
}

/** The command line of a process, its words joined by blanks; empty when there is none. */
export function commandOf(pid: number): string {
  if (existsSync('/proc/self/cmdline')) {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return '';
    }
  }
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? '';
}

function statOf(pid: number): { state: string; began: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the second field is the name in parentheses and may hold blanks
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', began: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** Ends a process that is not our child: each signal gets its patience in milliseconds. Whether it ended. */
export async function endForeign(pid: number, steps: readonly (readonly [NodeJS.Signals, number])[]): Promise<boolean> {
  for (const [signal, patience] of steps) {
    try {
      process.kill(pid, signal);
    } catch {
      return !isAlive(pid);
    }
    if (await until(() => !isAlive(pid), patience)) return true;
  }
  return !isAlive(pid);
}

/** Polls what only another process knows: true as soon as `condition` holds, false after `deadline` milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, deadline: number, every = 15): Promise<boolean> {
  const end = performance.now() + deadline;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > end) return false;
    await delay(every);
  }
}

/** A TCP port on the loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
