import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Takes whole lines of a log, each with its line break. Never throws: no work may fail because nobody could note it. */
export interface LineSink {
  write(line: string): void;
}

/** In bytes. A file that has grown to this is kept as `.1` in place of the one before, so a log takes twice as much at most. */
const LARGEST_FILE = 64 * 1024 * 1024;
/** A reader that is slow for longer than this, in milliseconds, loses a line rather than holding everything up. */
const PATIENCE = 100;
const PAUSE = 5;

/** Appends to a file, whose folder is made when missing. @throws when it cannot be opened at all. */
export function fileSink(path: string, largest = LARGEST_FILE): LineSink {
  mkdirSync(dirname(path), { recursive: true });
  let fd = openSync(path, 'a', 0o600);
  let size = fstatSync(fd).size;
  const rotate = (): void => {
    try {
      renameSync(path, `${path}.1`);
    } catch {
      // somebody moved or deleted it: a new one is begun all the same
    }
    const fresh = openSync(path, 'a', 0o600);
    closeSync(fd);
    fd = fresh;
    size = 0;
  };
  return sink((bytes) => {
    if (size >= largest) rotate();
    const written = writeSync(fd, bytes);
    size += written;
    return written;
  });
}

/** Writes to an open file, such as 2 for stderr. */
export function descriptorSink(fd: number): LineSink {
  return sink((bytes) => writeSync(fd, bytes));
}

function sink(write: (bytes: Uint8Array) => number): LineSink {
  let lost = 0;
  let half = false;
  const writeAll = (text: string): void => {
    for (let rest: Uint8Array = Buffer.from(text), waited = 0; rest.length > 0;) {
      try {
        rest = rest.subarray(write(rest));
        half = rest.length > 0;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || waited >= PATIENCE) throw error;
        waited += PAUSE;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
      }
    }
  };
  return {
    write(line) {
      try {
        if (half) writeAll('\n');
        if (lost > 0) {
          writeAll(`${JSON.stringify({ level: 40, time: new Date().toISOString(), pid: process.pid, lines: lost, msg: 'lines of the log were lost here' })}\n`);
          lost = 0;
        }
        writeAll(line);
      } catch {
        // the disk is full, or the reader of stderr is gone
        lost++;
      }
    },
  };
}
