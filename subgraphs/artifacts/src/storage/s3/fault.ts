import { StorageError } from '../backend.ts';
import { SourceFailure } from '../gather.ts';

const FULL = new Set(['QuotaExceeded', 'InsufficientStorage', 'StorageFull', 'XMinioStorageFull', 'SlowDownQuota']);
const MISSING = new Set(['NoSuchKey', 'NotFound', 'NoSuchUpload', 'NoSuchVersion']);
const REASONS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'the bucket does not exist', AccessDenied: 'S3 denies access', InvalidAccessKeyId: 'S3 does not know the access key', SignatureDoesNotMatch: 'S3 refuses the secret key',
  Forbidden: 'S3 denies access', CredentialsProviderError: 'there are no credentials for S3', BadDigest: 'S3 received other bytes than were sent', TimeoutError: 'S3 does not answer',
};

interface Answered {
  readonly name?: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** The HTTP status that S3 answered by; undefined when it did not. */
export function statusOf(error: unknown): number | undefined {
  return (error as Answered).$metadata?.httpStatusCode;
}

/** What a failed request means to the callers of a backend. Messages hold S3's own error code at most: no key, no address. What is not of S3 or of the network stays as it is. */
export function s3Fault(error: unknown): unknown {
  if (error instanceof SourceFailure) return error.cause;
  if (error instanceof StorageError || !(error instanceof Error)) return error;
  const { name, code } = error as Answered;
  const status = statusOf(error);
  const options = { cause: error };
  if (name !== undefined && (FULL.has(name) || status === 507)) return new StorageError('full', 'the S3 storage is full', options);
  if (name !== undefined && MISSING.has(name)) return new StorageError('missing', 'there is no such object in the S3 storage', options);
  if (name !== undefined && REASONS[name] !== undefined) return new StorageError('unavailable', REASONS[name], options);
  // answers to HEAD have no body that could say more
  if (status === 403) return new StorageError('unavailable', REASONS.AccessDenied!, options);
  if (status !== undefined) return new StorageError('unavailable', `S3 answered ${status}${/^[A-Za-z]{1,40}$/.test(name ?? '') ? ` ${name}` : ''}`, options);
  if (typeof code === 'string' || name === 'AbortError' || name === 'NetworkingError') return new StorageError('unavailable', 'S3 cannot be reached', options);
  return error;
}

/** Whether the error says that nothing is there: no object, or no such multipart upload any more. */
export function isMissing(error: unknown): boolean {
  return error instanceof StorageError && error.kind === 'missing';
}
