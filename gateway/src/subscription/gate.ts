import type { Socket } from 'node:net';

/** Says when more may be written to one client: who does not read must not fill our memory. */
export interface Gate {
  /** Whether little enough waits for the client at this moment, or it is gone. */
  readonly isOpen: boolean;
  /** Resolves to true once little enough waits for the client or it is gone, to false when too much did for too long. */
  open(): Promise<boolean>;
}

/** What goes out to one client. */
export interface Outflow {
  /** Whether it can still be written to. */
  readonly open: boolean;
  /** Bytes written and not yet taken by the network. */
  readonly waiting: number;
}

/** How much may wait, and for how long. */
export interface GateOptions {
  readonly bytes: number;
  readonly milliseconds: number;
  /** Told when the gate shuts. */
  blocked(bytes: number): void;
}

/** The gate of `outflow`, which goes over `connection`. */
export function createGate(outflow: Outflow, connection: Socket, { bytes, milliseconds, blocked }: GateOptions): Gate {
  let shut: Promise<boolean> | undefined;
  const isOpen = (): boolean => !outflow.open || outflow.waiting < bytes;

  const wait = (): Promise<boolean> =>
    new Promise((resolve) => {
      const settle = (outcome: boolean): void => {
        clearTimeout(timer);
        connection.off('drain', drained);
        connection.off('close', closed);
        shut = undefined;
        resolve(outcome);
      };
      const drained = (): void => {
        if (isOpen()) settle(true);
      };
      const closed = (): void => settle(true);
      const timer = setTimeout(() => settle(isOpen()), milliseconds);
      connection.on('drain', drained);
      connection.on('close', closed);
    });

  return {
    get isOpen() { return isOpen(); },
    open() {
      if (isOpen()) return Promise.resolve(true);
      if (!shut) {
        blocked(outflow.waiting);
        shut = wait();
      }
      return shut;
    },
  };
}
