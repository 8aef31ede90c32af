import { createHash, hash } from 'node:crypto';
import { Blake3Hasher, blake3 } from '@napi-rs/blake-hash';

/** Both digests of the same bytes. */
export interface BlobDigests {
  /** 64 hex digits. */
  readonly sha256: string;
  /** `blake3:<hex>` */
  readonly blake3: string;
}

/** Computes both digests while bytes pass, in constant memory. */
export interface Hasher {
  /** Takes the next bytes; they may be reused afterwards. */
  update(bytes: Uint8Array): void;
  /** Ends it; may be called once. */
  digest(): BlobDigests;
  /** Bytes so far. */
  readonly size: number;
}

/** 64 hex digits: a SHA-256 as it is written here. */
export const SHA256 = /^[\da-f]{64}$/;
/** A BLAKE3 as it is written here. */
export const BLAKE3 = /^blake3:[\da-f]{64}$/;

/** States that were used; the library's own are freed only by the garbage collector, which does not see their size. */
const idle: Blake3Hasher[] = [];
const MAX_IDLE = 32;

/** Begins a computation of both digests. */
export function createHasher(): Hasher {
  const sha256 = createHash('sha256');
  const blake = idle.pop() ?? new Blake3Hasher();
  let ended = false;
  let size = 0;
  return {
    get size() {
      return size;
    },
    update(bytes) {
      if (ended) throw new Error('the digests were computed already');
      sha256.update(bytes);
      blake.update(bytes);
      size += bytes.byteLength;
    },
    digest() {
      if (ended) throw new Error('the digests were computed already');
      ended = true;
      const digests = { sha256: sha256.digest('hex'), blake3: `blake3:${blake.digest('hex')}` };
      blake.reset();
      if (idle.length < MAX_IDLE) idle.push(blake);
      return digests;
    },
  };
}

/** Reads a source to its end. @throws whatever the source throws */
export async function hashStream(source: AsyncIterable<Uint8Array>): Promise<BlobDigests & { readonly size: number }> {
  const hasher = createHasher();
  for await (const bytes of source) hasher.update(bytes);
  return { ...hasher.digest(), size: hasher.size };
}

/** `blake3:<hex>` of bytes that are in memory. */
export function blake3Of(bytes: Uint8Array): string {
  return `blake3:${blake3(bytes).toString('hex')}`;
}

/** Both digests of bytes that are in memory; of very many small ones, much lighter than {@link createHasher}, whose native state waits for the garbage collector. */
export function digestsOf(bytes: Uint8Array): BlobDigests {
  return { sha256: hash('sha256', bytes, 'hex'), blake3: blake3Of(bytes) };
}
