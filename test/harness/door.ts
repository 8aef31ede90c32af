import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP port that leads to a server, until a test wants otherwise: what lies between a client and a gateway. */
export interface Door extends AsyncDisposable {
  readonly port: number;
  /** Leads new connections to this port of the loopback. */
  leadTo(port: number): void;
  /** Ends all connections at once, as a gateway that is killed does. */
  cut(): void;
  /** Connections are refused, and those that are open cut, until {@link Door.unlock}. */
  lock(): Promise<void>;
  unlock(): Promise<void>;
  /** Nothing goes through in either direction and nothing ends, as with a peer whose machine is gone; new connections go through. */
  freeze(): void;
  /** Connections open at present. */
  readonly open: number;
  /** Connections that there ever were. */
  readonly total: number;
}

/** Opens one on a free port. */
export async function openDoor(target: number): Promise<Door> {
  const sockets = new Set<Socket>();
  let to = target;
  let port = 0;
  let total = 0;
  const server = createServer((client) => {
    total++;
    const inner = connect(to, '127.0.0.1');
    const pair = [client, inner] as const;
    sockets.add(client);
    for (const [one, other] of [[client, inner], [inner, client]] as const) {
      one.pipe(other);
      one.on('error', () => undefined);
      one.once('close', () => {
        other.destroy();
        sockets.delete(client);
      });
    }
    client.once('freeze', () => {
      for (const one of pair) one.unpipe().pause();
    });
  });
  const listen = async (): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const lock = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    cut();
    await closed;
  };
  await listen();
  return {
    get port() { return port; },
    get open() { return sockets.size; },
    get total() { return total; },
    leadTo: (next) => void (to = next),
    cut, lock,
    unlock: listen,
    freeze() {
      for (const socket of sockets) socket.emit('freeze');
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await lock();
    },
  };
}
