import { fulfils, type Identity, type Scope } from '@hubgraph/kit/identity';
import { PublicError } from '@hubgraph/kit/errors';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';

/** Asks for the larger limit: the request takes in a bill of materials. */
export const INGEST_HEADER = 'x-hubgraph-ingest';
/** Whoever holds one of these may send so much at once. */
const INGEST: readonly (readonly Scope[])[] = [['sbom:ingest'], ['governance:write']];

/** How many bytes a request body may have. */
export interface BodyLimits {
  readonly ordinary: number;
  /** With the header `x-hubgraph-ingest: 1` and a token that may take things in. */
  readonly ingest: number;
}

/** A body that ended before its end. */
class BodyCut extends Error {
  readonly statusCode = 400;
}

/** A body that is too large; it was not read further. */
export class BodyTooLarge extends Error {
  readonly statusCode = 413;
  readonly limit: number;
  readonly value: number;
  constructor(limit: number, value: number) {
    super(`The body is larger than ${limit} bytes.`);
    this.limit = limit;
    this.value = value;
  }
}

/** The limit of one request; who asks is looked at only when the header asks for more. */
export async function bodyLimitOf(request: FastifyRequest, limits: BodyLimits, identify: (request: FastifyRequest) => Promise<Identity | undefined>): Promise<number> {
  if (request.headers[INGEST_HEADER] !== '1') return limits.ordinary;
  try {
    const identity = await identify(request);
    return identity && fulfils(identity, INGEST) ? Math.max(limits.ordinary, limits.ingest) : limits.ordinary;
  } catch (error) {
    // what is wrong with the credentials is for the route to answer
    if (error instanceof PublicError) return limits.ordinary;
    throw error;
  }
}

/**
 * Reads a body as text and no further than its limit.
 *
 * @throws BodyTooLarge
 */
export async function readBody(stream: Readable, limit: number, declared: string | undefined): Promise<string> {
  const length = Number(declared ?? 0);
  if (length > limit) throw new BodyTooLarge(limit, length);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // an ordinary loop over the stream would destroy the connection, and the refusal with it
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new BodyTooLarge(limit, size);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof BodyTooLarge ? error : new BodyCut('The body ended before its end.', { cause: error });
  }
  return Buffer.concat(chunks, size).toString('utf8');
}
