import { createHasher } from '../content/digest.ts';
import { StorageError, type BlobFacts } from './backend.ts';

/** The same bytes, compared with what they should be when the last has passed. @throws StorageError `unavailable` when they differ */
export async function* checked(blob: BlobFacts, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const hasher = createHasher();
  const differ = (): StorageError => new StorageError('unavailable', 'the bytes to be copied are not those that the digest is of');
  for await (const chunk of source) {
    hasher.update(chunk);
    if (hasher.size > blob.size) throw differ();
    yield chunk;
  }
  const { sha256, blake3 } = hasher.digest();
  if (hasher.size !== blob.size || sha256 !== blob.sha256 || blake3 !== blob.blake3) throw differ();
}
