/**
 * One hub as a process of its own. It lives as long as the pipe to the process that started it,
 * so that no hub is orphaned however that one ends.
 */
import { systemClock } from '@hubgraph/kit/clock';
import { UsageError } from '@hubgraph/kit/errors';
import { readConfig } from '@hubgraph/kit/config';
import { createLog, type LogOptions } from '@hubgraph/kit/log';
import { metricsSettings } from '@hubgraph/kit/metrics/settings';
import { startTracing } from '@hubgraph/kit/trace/start';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { environment } from '../config.ts';
import { exitCodes } from '../exit-codes.ts';
import { loadHub } from '../hubs.ts';
import { runHub, type HubWiring } from './hub-runner.ts';

/** What a hub process is asked to be; sent once. */
export interface HubOrder {
  readonly hub: string;
  readonly wiring: HubWiring;
  readonly port: number;
  /** Keys that requests must be signed with. */
  readonly serviceKeys: readonly string[];
  readonly log: LogOptions;
}

/** What it answers, once. */
export type HubReport =
  | { readonly kind: 'up'; readonly port: number }
  | { readonly kind: 'failed'; readonly message: string; readonly exitCode: number; readonly portTaken: boolean };

const closers: (() => Promise<unknown>)[] = [];
let stopping = false;

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  for (const close of closers.reverse()) await close().catch(() => undefined);
  process.exit(code);
}

async function start(order: HubOrder): Promise<void> {
  const log = createLog(order.log);
  try {
    const tracing = await startTracing(environment(), `hubgraph-${order.hub}`);
    closers.push(() => tracing.stop());
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const [definition, { serveHub }] = await Promise.all([loadHub(order.hub), import('@hubgraph/kit/hub-server')]);
    const hub = await runHub(definition, order.wiring, environment(), log, () => `http://127.0.0.1:${order.port}`, registry);
    closers.push(() => hub.stop());
    if (stopping) return;
    const server = await serveHub(hub, { host: '127.0.0.1', port: order.port, keys: order.serviceKeys, clock: systemClock, log, metrics: { registry, token: readConfig(metricsSettings, environment()).HUBGRAPH_METRICS_TOKEN } });
    closers.push(() => server.close());
    report({ kind: 'up', port: server.port });
  } catch (error) {
    log.fatal({ err: error }, 'the hub did not start');
    report({ kind: 'failed', message: `The hub ${order.hub} did not start: ${(error as Error).message}`, exitCode: error instanceof UsageError ? error.exitCode : exitCodes.serverFailed.code, portTaken: (error as NodeJS.ErrnoException).code === 'EADDRINUSE' });
    await stop(exitCodes.serverFailed.code);
  }
}

function report(message: HubReport): void {
  if (process.connected) process.send?.(message);
}

process.once('message', (order: HubOrder) => void start(order));
process.once('disconnect', () => void stop(0));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
