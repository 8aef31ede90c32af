import type { FastifyRequest } from 'fastify';

/** Two headers could mean two callers; which one was meant cannot be known, so neither is believed. */
export function authorizationOf(request: FastifyRequest): string | undefined {
  const values = request.raw.headersDistinct.authorization ?? [];
  return values.length > 1 ? 'two' : values[0];
}
