import { closeSync, existsSync, openSync, readSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { tail } from './processes.ts';

/** In bytes: PostgreSQL takes its log in pieces of 16 MiB, so with less than two of them the disk is as good as full. */
const LEAST_FREE = 32 * 1024 * 1024;

/** Whether the disk of `path`, which need not exist yet, is as good as full; false where nobody can tell. */
export function isDiskFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize < LEAST_FREE;
  } catch {
    return dirname(path) !== path && !existsSync(path) && isDiskFull(dirname(path));
  }
}

/**
 * Why a server failed, as one sentence for a person: its disk is full, or else the end of its log.
 *
 * @param since size of the log before this attempt
 */
export function failureOf(what: string, dir: string, log: string, since: number): string {
  // a server that failed half-way has given its space back by the time we look
  const full = isDiskFull(dir) || /no space left on device/i.test(linesFrom(log, since));
  return full ? `${what}: the disk of ${dir} is full; make space and start again (${log}).` : `${what}: ${tail(log)} (${log}).`;
}

const EVERY_MS = 2_000;
const STUCK = 'Critical write error';

/** What {@link watchStore} looks at and does. */
export interface StoreWatch {
  readonly dir: string;
  /** File that the server's log is appended to; what stands there already is of an earlier run. */
  readonly log: string;
  restart(): void;
  readonly every?: number;
  isFull?(dir: string): boolean;
}

/**
 * Calls `restart` once when nats-server could not write a stream and the disk has space again: a stream that once failed
 * to write refuses every message until then (nats-server 2.14).
 *
 * @returns ends the watching
 */
export function watchStore({ dir, log, restart, every = EVERY_MS, isFull = isDiskFull }: StoreWatch): () => void {
  let read = sizeOf(log);
  let stuck = false;
  const look = (): void => {
    try {
      const text = linesFrom(log, read);
      read += text.length;
      stuck ||= text.includes(STUCK);
      if (!stuck || isFull(dir)) return;
      clearInterval(timer);
      restart();
    } catch {
      // the data folder is gone: the server will say so
    }
  };
  const timer = setInterval(look, every);
  timer.unref();
  return () => clearInterval(timer);
}

/** Size of a log that need not exist, in bytes. */
export function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

/** Whole lines from a byte on, at most 1 MiB, one character for each byte; what is being written is read the next time. */
function linesFrom(path: string, from: number): string {
  const size = sizeOf(path);
  if (size <= from) return '';
  const bytes = Buffer.alloc(Math.min(size - from, 1024 * 1024));
  const file = openSync(path, 'r');
  try {
    const text = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from)).toString('latin1');
    return text.slice(0, text.lastIndexOf('\n') + 1);
  } finally {
    closeSync(file);
  }
}
