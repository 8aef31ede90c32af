import { posix } from 'node:path';
import { lookup } from 'mime-types';

/** The media type that a file's name tells; `application/octet-stream` when it tells none. Bytes are never looked at. */
export function mediaTypeOf(path: string): string {
  const extension = posix.extname(path); // the library takes a bare `json` for an extension
  return (extension !== '' && lookup(extension)) || 'application/octet-stream';
}
