import { isOutage } from '@hubgraph/kit/outage';
import { PublicError } from '@hubgraph/kit/errors';
import { StorageError } from '../storage/backend.ts';

/** What transfers are refused with: the code in the answer's JSON, and its HTTP status. */
export const problems = {
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  PACKAGE_NOT_OPEN: 409,
  WRONG_OFFSET: 409,
  ALREADY_COMPLETE: 409,
  TUS_VERSION: 412,
  TOO_LARGE: 413,
  MEDIA_TYPE: 415,
  RANGE: 416,
  SIZE_MISMATCH: 422,
  SHA256_MISMATCH: 422,
  BLAKE3_MISMATCH: 422,
  LOCKED: 423,
  DAMAGED: 500,
  INTERNAL: 500,
  DATABASE_UNAVAILABLE: 503,
  STORAGE_UNAVAILABLE: 503,
  DISK_FULL: 507,
} as const;
export type ProblemCode = keyof typeof problems;

/** A transfer that cannot be; the message is one sentence for the client. */
export class TransferProblem extends Error {
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, message: string, headers: Readonly<Record<string, string>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TransferProblem';
    this.code = code;
    this.headers = headers;
  }
}

/** What the client is told of an error; null for faults of ours, which are logged and not shown. */
export function problemOf(error: unknown): TransferProblem | null {
  if (error instanceof TransferProblem) return error;
  if (error instanceof PublicError) return new TransferProblem(error.code === 'UNAUTHENTICATED' ? 'UNAUTHENTICATED' : 'BAD_REQUEST', error.message);
  if (error instanceof StorageError) {
    if (error.kind === 'full') return new TransferProblem('DISK_FULL', 'The storage is full. What arrived is kept: go on when there is space.', { 'retry-after': '60' }, { cause: error });
    return new TransferProblem('STORAGE_UNAVAILABLE', 'The storage cannot answer now. What arrived is kept: try again later.', { 'retry-after': '5' }, { cause: error });
  }
  if (isOutage(error)) return new TransferProblem('DATABASE_UNAVAILABLE', 'The hub cannot answer now. What arrived is kept: try again later.', { 'retry-after': '5' }, { cause: error });
  return null;
}
