import { createHash } from 'node:crypto';
import { encode, rfc8949EncodeOptions } from 'cborg';

/** Hash before the first event of a chain. */
export const AUDIT_GENESIS = '0'.repeat(64);

/** What the hash of an audit event is over, as rows have it or as the graph gives it. */
export interface AuditLink {
  readonly sequence: bigint | number;
  readonly at: Date | string;
  readonly actor: string;
  readonly action: string;
  readonly packageId: string | null;
  /** JSON. */
  readonly data: unknown;
  /** Hash of the event before; of the first, {@link AUDIT_GENESIS}. */
  readonly previous: string;
}

/**
 * The hash of an audit event: SHA-256, 64 hex digits, of the canonical CBOR (RFC 8949, 4.2.1) of
 * `[sequence, at, actor, action, packageId, data, previous]`, with `at` as `2026-03-02T09:30:00.000Z`.
 */
export function auditHash({ sequence, at, actor, action, packageId, data, previous }: AuditLink): string {
  const moment = typeof at === 'string' ? new Date(at) : at;
  return createHash('sha256').update(encode([Number(sequence), moment.toISOString(), actor, action, packageId, data, previous], rfc8949EncodeOptions)).digest('hex');
}
