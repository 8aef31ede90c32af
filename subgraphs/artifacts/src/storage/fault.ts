import { StorageError } from './backend.ts';
import { SourceFailure } from './gather.ts';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied', EPERM: 'not permitted', EROFS: 'the file system is read-only', EIO: 'the disk has an input or output error', EMFILE: 'too many files are open', ENFILE: 'too many files are open',
};

/** Codes of Node for a disk, or a share of it, that is full. */
export function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** What a failed file operation means to the callers of a backend. Messages name no path: they reach clients. What the source threw stays as it is, also when it is of the file system itself. */
export function fileFault(error: unknown): unknown {
  if (error instanceof SourceFailure) return error.cause;
  if (error instanceof StorageError) return error;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  if (isFull(error)) return new StorageError('full', 'the disk of the local storage is full', { cause: error });
  if (code === 'ENOENT') return new StorageError('missing', 'there is no such object in the local storage', { cause: error });
  if (code === 'ELOOP' || code === 'ENOTDIR') return new StorageError('unavailable', 'something else is in the place of a folder or file of the local storage', { cause: error });
  return new StorageError('unavailable', `the local storage cannot be used: ${REASONS[code] ?? code}`, { cause: error });
}
