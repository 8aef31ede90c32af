import type { PartHealth } from '@hubgraph/kit/hub';
import type { FastifyInstance } from 'fastify';

/** Serves `/health/live` (the process answers) and `/health/ready` (which part cannot work, with 503). */
export function mountHealth(app: FastifyInstance, health: () => Promise<readonly PartHealth[]>): void {
  app.get('/health/live', async () => ({ live: true }));
  app.get('/health/ready', async (_request, reply) => {
    const parts = await health();
    const ready = parts.every((part) => part.ready);
    return reply.code(ready ? 200 : 503).header('cache-control', 'no-store').send({ ready, parts });
  });
}
