import { connect, type NatsConnection } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';

/** One process's connection to NATS, kept up for as long as the process wants it. */
export interface Bus {
  /** The connection, while there is one; undefined between a loss and the reconnect. */
  connection(): NatsConnection | undefined;
  /** Waits for the connection. Rejects only when `signal` aborts or the bus is closed. */
  connected(signal?: AbortSignal): Promise<NatsConnection>;
  /** Calls `listener` at every gain (true) and loss (false) of the connection; answers how to end that. */
  onChange(listener: (up: boolean) => void): () => void;
  /** Undefined while connected, else why not, in one clause. */
  trouble(): string | undefined;
  /** Ends the connection. Safe to call twice. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 2_000;
const RETRY_MS = 100;

/**
 * Keeps a connection to `natsUrl` (several servers separated by commas; user and password in the URL). Returns at once:
 * a server that is not there yet, goes away or changes its mind about the login is tried again for ever.
 */
export function connectBus(natsUrl: string, log: Logger, name = 'hubgraph'): Bus {
  const listeners = new Set<(up: boolean) => void>();
  const closing = new AbortController();
  let current: NatsConnection | undefined;
  let isUp = false;
  let reason: string | undefined = 'NATS is not connected yet';

  const change = (up: boolean, why?: string): void => {
    reason = up ? undefined : why;
    if (up === isUp) return;
    isUp = up;
    if (!closing.signal.aborted) log[up ? 'info' : 'warn']({ part: 'nats', reason: why }, up ? 'NATS connected' : 'NATS lost');
    for (const listener of [...listeners]) listener(up);
  };

  const follow = async (connection: NatsConnection): Promise<void> => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') change(false, 'NATS does not answer');
      else if (status.type === 'reconnect') change(true);
    }
  };

  const supervise = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        current = await connect(optionsOf(natsUrl, name));
        if (closing.signal.aborted) break;
        change(true);
        void follow(current);
        // the library reconnects by itself but gives up after a refused login; then we begin anew
        const error = await current.closed();
        change(false, error ? `NATS: ${error.message}` : 'NATS closed the connection');
      } catch (error) {
        change(false, `NATS: ${(error as Error).message}`);
      }
      await delay(RETRY_MS + Math.random() * RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    await current?.close().catch(() => undefined);
  };
  const running = supervise();

  return {
    connection: () => (isUp ? current : undefined),
    trouble: () => reason,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    connected(signal) {
      return new Promise((resolve, reject) => {
        const settle = (): void => {
          if (closing.signal.aborted || signal?.aborted) finish(() => reject(signal?.reason ?? new Error('the bus is closed')));
          else if (isUp) finish(() => resolve(current!));
        };
        const finish = (end: () => void): void => {
          listeners.delete(settle);
          signal?.removeEventListener('abort', settle);
          closing.signal.removeEventListener('abort', settle);
          end();
        };
        listeners.add(settle);
        signal?.addEventListener('abort', settle);
        closing.signal.addEventListener('abort', settle);
        settle();
      });
    },
    async close() {
      closing.abort(new Error('the bus is closed'));
      await current?.close().catch(() => undefined);
      await running;
      change(false, 'closed');
    },
  };
}

function optionsOf(natsUrl: string, name: string) {
  const urls = natsUrl.split(',').map((text) => new URL(text.includes('://') ? text : `nats://${text}`));
  const [first] = urls;
  return {
    servers: urls.map((url) => url.host),
    // the library does not read them from the URL
    ...(first?.username ? { user: decodeURIComponent(first.username), pass: decodeURIComponent(first.password) } : {}),
    ...(first?.protocol === 'tls:' ? { tls: {} } : {}),
    name,
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    reconnectJitter: RETRY_MS,
    pingInterval: 5_000,
    maxPingOut: 2,
  };
}
