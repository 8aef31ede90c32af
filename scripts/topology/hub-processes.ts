import { fork } from 'node:child_process';
import { UsageError } from '@hubgraph/kit/errors';
import type { Logger } from 'pino';
import { environment } from '../config.ts';
import { exitCodes } from '../exit-codes.ts';
import { keepRunning, type Kept } from '../embedded/keep.ts';
import { childOf, freePort } from '../embedded/processes.ts';
import { portIsFree } from './port.ts';
import type { HubOrder, HubReport } from './hub-process.ts';

/** A hub that runs as a process of its own and is started again when it dies. */
export interface HubProcess {
  readonly hub: string;
  /** Where it answers; the same after a restart. */
  readonly url: string;
  pid(): number | undefined;
  stop(): Promise<void>;
}

/** What to run: an order without its port, and the port that is preferred. */
export interface HubProcessOptions {
  readonly order: Omit<HubOrder, 'port'>;
  readonly port: number;
  readonly log: Logger;
  /** One sentence whenever the hub dies or is back. */
  onIncident(sentence: string): void;
}

/**
 * Starts a hub process; resolves when it answers.
 *
 * @throws UsageError of the hub's own when its first start fails.
 */
export async function startHubProcess(options: HubProcessOptions): Promise<HubProcess> {
  const { hub } = options.order;
  // the manifest's port is a preference: two installations on one machine must not get into each other's way
  const wanted = await portIsFree('127.0.0.1', options.port) ? options.port : await freePort();
  const first = Promise.withResolvers<number>();
  let current: Kept | undefined;
  let sampled = false;
  const start = (port: number): Promise<Kept> => startOnce({ ...options.order, wiring: { ...options.order.wiring, sample: options.order.wiring.sample && !sampled }, port });
  // somebody may take the port between the look and the listening; a hub that was up keeps the port that callers know
  const startFirst = (port: number): Promise<Kept> => start(port).catch(async (error: unknown) => (error instanceof PortTaken && !current ? start(await freePort()) : Promise.reject(error)));
  const kept = keepRunning((port = wanted) => startFirst(port), {
    up(server) {
      if (current) options.onIncident(`The hub ${hub} is back.`);
      current = server;
      sampled = true;
      first.resolve(server.port);
    },
    ended: (exit) => options.onIncident(`The hub ${hub} ended unasked (${exit.signal ?? `exit code ${exit.code}`}); it is started again.`),
    failed: (error) => first.reject(error),
  }, Number.POSITIVE_INFINITY);
  const port = await first.promise;
  return { hub, url: `http://127.0.0.1:${port}`, pid: () => current?.pid, stop: () => kept.stop() };
}

/** A hub could not listen, because somebody else does on its port. */
class PortTaken extends UsageError {}

/**
 * V8 sizes its heap by the memory of the machine, and collects late where there is much: a hub with 50 MB alive grew to 490 MB
 * by taking 20,000 small files. With these it is near half of that, at the same use of the processor. They set a pace and no
 * limit: what a hub really needs it gets.
 */
export const COLLECT_EARLY = ['--max-semi-space-size=8', '--heap-growing-percent=30'];

/** For glibc, which otherwise keeps many areas and what was freed in them; buffers of bytes lie there. Others do not read it. */
export const GIVE_BACK = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' };

function startOnce(order: HubOrder): Promise<Kept> {
  return new Promise((resolve, reject) => {
    // the arguments say to whoever looks at the process list which hub of which data folder it is
    const hub = fork(new URL('hub-process.ts', import.meta.url), [order.hub, order.log.file ?? ''], { detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [...process.execArgv, ...COLLECT_EARLY], env: { ...GIVE_BACK, ...environment() } });
    const child = childOf(hub);
    let stopping: Promise<void> | undefined;
    hub.once('message', (report: HubReport) => {
      if (report.kind === 'failed') reject(new (report.portTaken ? PortTaken : UsageError)(report.message, report.exitCode));
      else resolve({ port: report.port, pid: child.pid, exited: child.exited, stop: () => (stopping ??= child.end('SIGTERM', 15_000, 'SIGKILL')) });
    });
    void child.exited.then(({ code, signal }) => reject(new UsageError(`The hub ${order.hub} ended while it was starting (${signal ?? `exit code ${code}`}).`, exitCodes.serverFailed.code)));
    hub.send(order);
  });
}
