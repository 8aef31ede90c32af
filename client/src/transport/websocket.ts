import { openSocket, type Socket, type SocketConstructor } from './socket.ts';
import type { Transport, TransportDeps } from './transport.ts';

/** Streams over WebSockets: as few as the gateway's limit of streams for each allows, opened when the first stream begins. */
export function webSocketTransport(deps: TransportDeps, WebSocket: SocketConstructor): Transport {
  const sockets = new Set<Socket>();
  const open = (): Socket => {
    const socket: Socket = openSocket(deps, WebSocket, () => sockets.delete(socket));
    sockets.add(socket);
    return socket;
  };
  return {
    open(operation, cursor, listener) {
      const socket = [...sockets].find(({ isOpen }) => isOpen) ?? open();
      return socket.begin(operation, cursor, listener);
    },
    close() {
      for (const socket of [...sockets]) socket.close();
    },
  };
}
