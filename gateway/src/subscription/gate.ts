import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** Says when more may be written to one socket: a client that does not read must not fill our memory. */
export interface Gate {
  /** Resolves to true once little enough waits on the socket or it is closed, to false when too much did for too long. */
  open(): Promise<boolean>;
}

/** How much may wait, and for how long. */
export interface GateOptions {
  readonly bytes: number;
  readonly milliseconds: number;
  /** Told when the gate shuts. */
  blocked(bytes: number): void;
}

/** The gate of `socket`, which writes to `connection`. */
export function createGate(socket: WebSocket, connection: Socket, { bytes, milliseconds, blocked }: GateOptions): Gate {
  let shut: Promise<boolean> | undefined;
  const isOpen = (): boolean => socket.readyState !== socket.OPEN || socket.bufferedAmount < bytes;

  const wait = (): Promise<boolean> =>
    new Promise((resolve) => {
      const settle = (outcome: boolean): void => {
        clearTimeout(timer);
        connection.off('drain', drained);
        socket.off('close', drained);
        shut = undefined;
        resolve(outcome);
      };
      const drained = (): void => {
        if (isOpen()) settle(true);
      };
      const timer = setTimeout(() => settle(isOpen()), milliseconds);
      connection.on('drain', drained);
      socket.on('close', drained);
    });

  return {
    open() {
      if (isOpen()) return Promise.resolve(true);
      if (!shut) {
        blocked(socket.bufferedAmount);
        shut = wait();
      }
      return shut;
    },
  };
}
