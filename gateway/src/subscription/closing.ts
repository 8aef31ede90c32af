import { GraphQLError } from 'graphql';

/** Why the gateway ends a connection: what a socket is closed with. */
export type Closing = readonly [code: number, reason: string];

/** Why the gateway closes a socket. The codes of graphql-transport-ws, and those of RFC 6455 where they say it all. */
export const closing = {
  /** The gateway stops; the last message was a ping with `{ cursors }` to resume from. Connect again. */
  goingAway: [1001, 'Going away'],
  /** A message that is not one of the protocol, or an id longer than 128 characters. */
  badRequest: [4400, 'Invalid message received'],
  /** `connection_init` without a token, or an operation before `connection_ack`. */
  unauthorized: [4401, 'Unauthorized'],
  /** The token is not valid. */
  forbidden: [4403, 'Forbidden'],
  /** An operation with an id that another one has. The id itself may be too long for a reason. */
  idInUse: [4409, 'Subscriber already exists'],
  /** The token's time is over. Each subscription got an error with its cursor before; connect again with a new token. */
  tokenExpired: [4440, 'Token expired'],
  /** The token was revoked. No cursor was given; another token of the same subject may be revoked as well. */
  tokenRevoked: [4441, 'Token revoked'],
  /** More messages or pings than HUBGRAPH_WS_MESSAGE_RATE allows. */
  tooManyMessages: [4429, 'Too many messages'],
  internal: [4500, 'Internal server error'],
} as const satisfies Record<string, Closing>;

const COME_BACK_MS = 200;
const COME_BACK_SPREAD_MS = 1_800;

/** Milliseconds after which a client that was ended may come back; each gets its own, so that not all come at once. */
export function comeBack(): number {
  return Math.round(COME_BACK_MS + Math.random() * COME_BACK_SPREAD_MS);
}

/** For transports without close codes: the gateway stops; the client may resume at another from `cursor` after `retryAfter` milliseconds. */
export function stopped(cursor: string | undefined, retryAfter: number): GraphQLError {
  return new GraphQLError('The gateway stops; connect again.', { extensions: { code: 'HUB_UNAVAILABLE', hub: 'gateway', retryAfter, ...(cursor !== undefined && { cursor }) } });
}
