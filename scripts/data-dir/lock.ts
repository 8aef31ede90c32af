import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { UsageError } from '@hubgraph/kit/errors';
import { beginningOf, isAlive } from '../embedded/processes.ts';
import { exitCodes } from '../exit-codes.ts';
import type { DataDir } from './folder.ts';

/** Who holds a data folder, as `lock.json` says. */
export interface Holder {
  readonly pid: number;
  /** Tells the process from a later one with the same id. */
  readonly began?: string;
  readonly host: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  /** Where its graph answers. */
  readonly url: string;
}

export interface Lock {
  /** Gives the folder free. Safe to call twice. */
  release(): void;
}

const HEARTBEAT_MS = 5_000;
/** A lock from another machine (a shared folder, a container that is gone) is judged by its heartbeat alone. */
const SILENT_MS = 30_000;

/**
 * Takes the folder for this process. A lock whose process is gone is taken over.
 *
 * @throws UsageError (3) that says who holds it.
 */
export function acquireLock(dir: DataDir, url: string): Lock {
  const path = dir.file('lock.json');
  const holder: Holder = { pid: process.pid, began: beginningOf(process.pid), host: hostname(), startedAt: new Date().toISOString(), url };
  const text = `${JSON.stringify(holder, null, 2)}\n`;
  const own = `${path}.${process.pid}`;
  writeFileSync(own, text, { mode: 0o644 });
  try {
    // a link appears with its content or not at all, and for one of several who try at once
    while (!tryLink(own, path)) evictStale(path, dir);
  } finally {
    rmSync(own, { force: true });
  }
  return hold(path, text);
}

/** Who holds the folder now, or undefined when nobody does. */
export function holderOf(dir: DataDir): Holder | undefined {
  const path = dir.file('lock.json');
  const holder = parse(read(path));
  return holder && !isStale(holder, path) ? holder : undefined;
}

function hold(path: string, text: string): Lock {
  const heartbeat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // the folder was deleted under us: the servers will say so
    }
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    release() {
      clearInterval(heartbeat);
      if (read(path) === text) rmSync(path, { force: true });
    },
  };
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function evictStale(path: string, dir: DataDir): void {
  const seen = read(path);
  if (seen === undefined) return;
  const holder = parse(seen);
  if (holder && !isStale(holder, path)) {
    const where = holder.host === hostname() ? '' : ` on ${holder.host}`;
    throw new UsageError(
      `The data folder ${dir.path} is held by process ${holder.pid}${where}, started ${holder.startedAt}, which serves ${holder.url}; stop it, or set HUBGRAPH_DATA_DIR to another folder.`,
      exitCodes.held.code,
    );
  }
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  // somebody else may have taken the lock over between our reading and our renaming: give it back
  if (read(aside) !== seen) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function isStale(holder: Holder, path: string): boolean {
  if (holder.host !== hostname()) return Date.now() - (modified(path) ?? 0) > SILENT_MS;
  if (!isAlive(holder.pid)) return true;
  const began = beginningOf(holder.pid);
  return holder.began !== undefined && began !== undefined && began !== holder.began;
}

function modified(path: string): number | undefined {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(text: string | undefined): Holder | undefined {
  try {
    const holder = JSON.parse(text ?? '') as Holder;
    return Number.isInteger(holder.pid) && typeof holder.host === 'string' ? holder : undefined;
  } catch {
    return undefined;
  }
}
