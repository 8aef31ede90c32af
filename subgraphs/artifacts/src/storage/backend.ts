import type { Readable } from 'node:stream';

/** A file that is on its way into a backend. Its bytes are visible to nobody until {@link StorageBackend.commit}. */
export interface StagedUpload {
  /** Id of the artifact file; unique, also over time. */
  readonly id: string;
  /** Bytes that it will have. */
  readonly size: number;
  /** What the backend asked to be kept by {@link StagedUpload.save} before, by this process or another. */
  readonly state: string | null;
  /** Keeps what the backend needs to go on after a crash; when it resolves, the state is safe. */
  save(state: string | null): Promise<void>;
}

/** Bytes as they are stored for good: named by their content. */
export interface BlobFacts {
  /** 64 hex digits. */
  readonly sha256: string;
  /** `blake3:<hex>` */
  readonly blake3: string;
  readonly size: number;
}

/** A part of an object: bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Whether a backend works, for `/health/ready` and for the graph. */
export interface BackendHealth {
  readonly ready: boolean;
  /** Why not, in one clause without secrets. */
  readonly reason?: string;
  /** Bytes that are free, where the backend can tell. */
  readonly freeBytes?: number;
}

/** What can go wrong with storage, apart from faults of ours. */
export class StorageError extends Error {
  /** `full`: no space; `missing`: no such object; `offset`: not where the upload stands; `unavailable`: the backend does not answer or refuses us. */
  readonly kind: 'full' | 'missing' | 'offset' | 'unavailable';
  constructor(kind: StorageError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageError';
    this.kind = kind;
  }
}

/**
 * A place for bytes. One contract suite (`backend.contract.ts`) holds every adapter to this.
 *
 * Objects are content-addressed: {@link keyOf} gives the same key for the same bytes on every backend, so what two
 * packages share is stored once. Of one staged upload, one caller appends at a time (the caller holds a lease).
 */
export interface StorageBackend {
  /** `local` or `s3`. */
  readonly name: string;
  /** Bytes of an upload that are safe and from which it may go on; 0 when nothing is. */
  received(upload: StagedUpload): Promise<number>;
  /**
   * Adds bytes behind `offset`, which must be what `received` says. Constant memory whatever the size. Resolves with the new
   * offset when the bytes are safe; when the source or the backend fails in the middle, what is safe stays and the error is thrown.
   *
   * @throws StorageError `full`, `offset`, `unavailable`; and whatever the source throws
   */
  append(upload: StagedUpload, offset: number, source: AsyncIterable<Uint8Array>): Promise<number>;
  /** All bytes of an upload that has its whole size (one of 0 bytes has it without an append), from the beginning; nothing may be appended afterwards. */
  readStaged(upload: StagedUpload): AsyncIterable<Uint8Array>;
  /**
   * Makes a complete upload the object of its content, in one step that a crash either did or did not do. An object that is
   * there already stays (it has the same bytes), unless `replace` says that it is damaged. What was staged is gone afterwards.
   */
  commit(upload: StagedUpload, blob: BlobFacts, options?: { readonly replace?: boolean }): Promise<void>;
  /** Forgets an upload; safe when there is none. */
  discard(upload: StagedUpload): Promise<void>;
  /** Ids of uploads that were staged before `before` and never committed, so that a job can discard those nobody knows. Leftovers without an id that are as old may be cleared away by it. */
  stagedBefore(before: Date): Promise<readonly string[]>;
  /** The bytes of an object or of a part of it. @throws StorageError `missing`, `unavailable` */
  read(key: string, range?: ByteRange): Promise<Readable>;
  /** Its size; null when there is none. */
  stat(key: string): Promise<{ readonly size: number } | null>;
  /** Stores bytes from elsewhere (another backend) under the key of their content, atomically; `replace` as in {@link commit}. The bytes are compared with `blob` while they pass. @throws StorageError `unavailable` when they differ */
  store(blob: BlobFacts, source: AsyncIterable<Uint8Array>, options?: { readonly replace?: boolean }): Promise<void>;
  /** Safe when there is none. */
  remove(key: string): Promise<void>;
  health(): Promise<BackendHealth>;
  /** A URL that the backend itself takes the whole upload by, for `seconds`; only where a backend can, and is told to. Null for an upload that is too large for it. {@link StorageBackend.received} says when it is there; from {@link StorageBackend.readStaged} on, the URL cannot change it any more. */
  presign?(upload: StagedUpload, seconds: number): Promise<{ readonly url: string; readonly method: 'PUT'; readonly headers: Readonly<Record<string, string>> } | null>;
  /** Sets or lifts the backend's own legal hold; only where a backend can, and is told to. */
  legalHold?(key: string, on: boolean): Promise<void>;
  close(): Promise<void>;
}

/** The key of content on every backend: `blake3/ab/cd/<64 hex digits>`. */
export function keyOf(blake3: string): string {
  const hex = blake3.replace(/^blake3:/, '');
  return `blake3/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex}`;
}
