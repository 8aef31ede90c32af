import { defineConfig, kinds, type ConfigOf } from '@hubgraph/kit/config';

/** Settings of the subscription path; the gateway's config merges this table into its own. */
export const subscriptionConfig = defineConfig({
  HUBGRAPH_WS_KEEPALIVE: {
    schema: kinds.integer(100, 600_000), default: '12000',
    about: 'Milliseconds between two heartbeats: pings on a socket, comments or empty parts in a stream over HTTP. A peer that answers no ping, or takes nothing of what waits for it, is cut after at most two such periods.',
  },
  HUBGRAPH_WS_INIT_TIMEOUT: {
    schema: kinds.integer(100, 60_000), default: '3000',
    about: 'Milliseconds within which a new socket must send connection_init; it is closed with 4408 otherwise.',
  },
  HUBGRAPH_WS_MAX_SOCKETS: {
    schema: kinds.integer(1, 1_000_000), default: '20000',
    about: 'Connections for subscriptions that one gateway serves at once: sockets, streams over HTTP and reservations. More are refused with 503 and Retry-After.',
  },
  HUBGRAPH_HTTP_STREAMS: {
    schema: kinds.integer(1, 1_000_000), default: '100',
    about: 'Streams over HTTP, with reservations, that one caller may have at once. More are refused with 429 and Retry-After.',
  },
  HUBGRAPH_SSE_RESERVATION_TIME: {
    schema: kinds.integer(100, 600_000), default: '30000',
    about: 'Milliseconds within which the event stream of a reservation must be opened, or opened again by a page whose EventSource lost it.',
  },
  HUBGRAPH_WS_MAX_OPERATIONS: {
    schema: kinds.integer(1, 10_000), default: '100',
    about: 'Operations that one connection may have running at once. One more is refused with RATE_LIMITED, the others go on.',
  },
  HUBGRAPH_WS_MAX_MESSAGE: {
    schema: kinds.integer(1_024, 16 * 1_048_576), default: '65536',
    about: 'Bytes of one message from a client; a longer one closes the socket with 1009.',
  },
  HUBGRAPH_WS_MESSAGE_RATE: {
    schema: kinds.integer(1, 100_000), default: '100',
    about: 'Messages and pings per second that a client may send in the long run, with three times as many at once. More closes the socket with 4429.',
  },
  HUBGRAPH_WS_ORIGINS: {
    schema: kinds.list(),
    about: 'Comma-separated origins (such as https://board.example.org) whose pages may open sockets, besides the gateway\'s own. Not checked in development; clients that send no Origin are not browsers and pass.',
  },
  HUBGRAPH_WS_QUEUE_EVENTS: {
    schema: kinds.integer(1, 1_000_000), default: '1000',
    about: 'Events that may wait for one subscription. When more come, it reads from the log instead until it is current; nothing is dropped.',
  },
  HUBGRAPH_WS_QUEUE_BYTES: {
    schema: kinds.integer(65_536, 1_073_741_824), default: '1048576',
    about: 'Bytes of events that may wait for one subscription; as HUBGRAPH_WS_QUEUE_EVENTS.',
  },
  HUBGRAPH_WS_SLOW_BYTES: {
    schema: kinds.integer(16_384, 1_073_741_824), default: '1048576',
    about: 'Bytes that may wait on a connection before nothing more is written to it.',
  },
  HUBGRAPH_WS_SLOW_TIME: {
    schema: kinds.integer(100, 600_000), default: '5000',
    about: 'Milliseconds that a connection may stay above HUBGRAPH_WS_SLOW_BYTES; then its subscriptions that have something to say end with TOO_SLOW and their cursor.',
  },
  HUBGRAPH_TOKEN_WARNING: {
    schema: kinds.integer(100, 3_600_000), default: '60000',
    about: 'Milliseconds before the end of its token that a client with an open stream is told to renew it; at most a quarter of the time that is left when the token comes.',
  },
  HUBGRAPH_STOP_TIME: {
    schema: kinds.integer(0, 600_000), default: '10000',
    about: 'Milliseconds over which a gateway that stops lets 10,000 clients or more go, so that they do not all come back at once; fewer take less time in proportion.',
  },
  HUBGRAPH_WS_HYDRATION_TIME: {
    schema: kinds.integer(100, 600_000), default: '10000',
    about: 'Milliseconds that the hubs have to answer for one event; after that the event is delivered with a TIMEOUT error.',
  },
});

/** The values of {@link subscriptionConfig}. */
export type SubscriptionSettings = ConfigOf<typeof subscriptionConfig>;
