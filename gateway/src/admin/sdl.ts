import { OBSERVE } from '../observe/access.ts';

/** Name of the subgraph that a gateway itself answers: what it knows of its own clients. */
export const GATEWAY_SUBGRAPH = 'gateway';

/** Its SDL; `npm run schema` composes it with the hubs. */
export const gatewaySdl = /* GraphQL */ `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@requiresScopes", "@shareable"])

"""What can be asked."""
type Query {
  """
  Subscriptions that run at the gateway which answers, oldest client first. Each gateway knows its own only.
  """
  subscriptions(
    """How many from the front: 0 to 200, 20 by default."""
    first: Int
    """Those behind this cursor."""
    after: String
    """How many from the back."""
    last: Int
    """Those before this cursor."""
    before: String
    """Only those that fit."""
    filter: ActiveSubscriptionFilter
  ): ActiveSubscriptionConnection! @requiresScopes(scopes: ${JSON.stringify(OBSERVE)})
}

"""How a client is connected."""
enum SubscriptionTransport {
  """WebSocket."""
  WS
  """Server-sent events."""
  SSE
  """Parts of one response."""
  MULTIPART
}

"""Where a subscription is on its way."""
enum SubscriptionState {
  """It has no place yet: its stream was not seen."""
  WAITING
  """Behind the tail: it resumes, or gets its snapshot, or was too slow."""
  CATCHING_UP
  """At the tail: it gets events as they come."""
  LIVE
  """So much waits for its client that nothing more is written for now."""
  SLOW
}

"""Narrows a list of subscriptions; what is given is combined by AND."""
input ActiveSubscriptionFilter {
  """Subscription fields, such as alertChanged."""
  fields: [String!]
  """How their clients are connected."""
  transports: [SubscriptionTransport!]
  """Where they are on their way."""
  states: [SubscriptionState!]
  """Subjects of their clients' tokens."""
  subjects: [String!]
}

"""Subscriptions of one gateway."""
type ActiveSubscriptionConnection {
  """The entries of this page."""
  nodes: [ActiveSubscription!]!
  """The entries of this page with their cursors."""
  edges: [ActiveSubscriptionEdge!]!
  """Where the page stands in the list."""
  pageInfo: PageInfo!
  """Entries of the whole list that fit the filter."""
  totalCount: Int!
  """Connections for subscriptions that are open at this gateway, whatever the filter; also those that have none."""
  clients: Int!
  """Classes of the subscriptions that fit, the largest first: those of one share their executions. 50 by default, at most 200."""
  classes(first: Int = 50): [SubscriptionClass!]!
  """The hubs' streams, as this gateway follows them."""
  streams: [GatewayStream!]!
}

"""One subscription in a list."""
type ActiveSubscriptionEdge {
  """Position in the list."""
  cursor: String!
  """The entry."""
  node: ActiveSubscription!
}

"""A subscription that runs."""
type ActiveSubscription {
  """Its client's id, a slash, and the id that the client gave it."""
  id: ID!
  """Whose it is."""
  client: SubscriptionClient!
  """The field of Subscription."""
  field: String!
  """What narrows it: the field's arguments but after and snapshot."""
  filter: JSON!
  """Which class it is of; see classes."""
  class: String!
  """Where it is on its way."""
  state: SubscriptionState!
  """When it began here."""
  since: DateTime!
  """Where it stands in each stream that it reads."""
  positions: [SubscriptionPosition!]!
  """Events that wait for the client in memory; what is left to the log is not counted."""
  queuedEvents: Int!
  """Their bytes."""
  queuedBytes: SafeInt!
  """Frames written."""
  delivered: SafeInt!
}

"""A client's connection."""
type SubscriptionClient {
  """Names it in the log."""
  id: ID!
  """Subject of its token."""
  subject: String
  """How it is connected."""
  transport: SubscriptionTransport!
  """When it connected."""
  since: DateTime!
  """How many subscriptions it has."""
  subscriptions: Int!
}

"""Where a subscription stands in one stream."""
type SubscriptionPosition {
  """Whose stream."""
  hub: String!
  """Generation of the stream; null before the stream was seen."""
  epoch: String
  """All events up to here were written to the client, or are not for it."""
  position: SafeInt!
  """How many events of the stream the gateway has read beyond."""
  behind: SafeInt!
}

"""Subscriptions with the same plan, variables and rights."""
type SubscriptionClass {
  """Names it."""
  id: String!
  """The field of Subscription."""
  field: String!
  """What narrows it."""
  filter: JSON!
  """How many are of it."""
  subscriptions: Int!
  """How many of these are at the tail."""
  live: Int!
  """Frames written to those that run."""
  delivered: SafeInt!
}

"""The stream of one hub, as a gateway follows it."""
type GatewayStream {
  """Whose."""
  hub: String!
  """Whether its live end is being read."""
  ready: Boolean!
  """Why not, in one clause."""
  reason: String
  """Its generation; null before it was seen."""
  epoch: String
  """Position of the last event that was read; null before it was seen."""
  tail: SafeInt
  """Events in memory, for those who resume."""
  ringEvents: Int!
  """Their bytes."""
  ringBytes: SafeInt!
  """Who reads the log by itself, the gateway at the tail among them."""
  readers: Int!
  """Reads of older events under way."""
  catchUps: Int!
  """Reads of older events that wait for their turn."""
  catchUpsWaiting: Int!
  """How often a consumer was made since the gateway began; one is there at a time."""
  consumersOpened: Int!
}

"""Where a page stands in its list."""
type PageInfo @shareable {
  """Whether more entries follow."""
  hasNextPage: Boolean!
  """Whether entries come before."""
  hasPreviousPage: Boolean!
  """Cursor of the first entry here."""
  startCursor: String
  """Cursor of the last entry here."""
  endCursor: String
}

"""A moment: RFC 3339, UTC, such as "2026-03-02T09:30:00.000Z"."""
scalar DateTime

"""Any JSON value."""
scalar JSON

"""A whole number of at most 53 bits, such as a size in bytes; a JSON number."""
scalar SafeInt
`;
