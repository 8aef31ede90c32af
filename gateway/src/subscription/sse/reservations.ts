import { randomBytes } from 'node:crypto';
import type { Identity } from '@hubgraph/kit/identity';
import type { Client, Clients } from '../clients.ts';
import type { Surroundings } from '../http/visit.ts';
import { createSingleConnection, type SingleConnection } from './single.ts';

/** A place for one event stream, made by a request that could say who asks, for one that cannot. */
export interface Reservation {
  readonly token: string;
  readonly connection: SingleConnection;
  /** Whether `identity` may use it; nobody in particular may, since the token is a secret. */
  belongsTo(identity: Identity | undefined): boolean;
  /**
   * Lets a stream of its own operation use the place, in the stead of the one before: a page's EventSource, which comes
   * back with the same address and may be back before its old connection is known to be gone.
   */
  lend(client: Client): void;
  readonly lent: boolean;
}

/** Reservations of one gateway. */
export interface Reservations {
  make(identity: Identity): Reservation;
  /** Undefined when there is none, or none any more. */
  find(token: string): Reservation | undefined;
}

const TOKEN_BYTES = 32;

/** A secret that nobody guesses. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** Keeps none yet. Those without a stream for `HUBGRAPH_SSE_RESERVATION_TIME` lapse. */
export function keepReservations(surroundings: Surroundings, clients: Clients): Reservations {
  const reservations = new Map<string, Reservation>();
  return {
    make(identity) {
      const token = newToken();
      const connection = createSingleConnection(surroundings, identity);
      let lapse: NodeJS.Timeout | undefined;
      let guest: Client | undefined;
      const arm = (): void => {
        lapse = setTimeout(() => {
          if (!connection.attached) connection.cut();
        }, surroundings.ground.settings.HUBGRAPH_SSE_RESERVATION_TIME).unref();
      };
      const reservation: Reservation = {
        token, connection,
        belongsTo: (asking) => asking === undefined || asking.sub === identity.sub,
        get lent() { return guest !== undefined; },
        lend(client) {
          clearTimeout(lapse);
          guest?.cut();
          guest = client;
          void client.closed.then(() => {
            if (guest !== client) return;
            guest = undefined;
            arm();
          });
        },
      };
      arm();
      reservations.set(token, reservation);
      clients.add(connection);
      void connection.closed.then(() => {
        clearTimeout(lapse);
        reservations.delete(token);
      });
      return reservation;
    },
    find: (token) => reservations.get(token),
  };
}
