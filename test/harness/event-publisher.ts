import type { CloudEvent } from '@hubgraph/kit/events';
import { newId } from '@hubgraph/kit/ids';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { EPOCH_KEY, messageId } from '../../kit/src/bus/message.ts';
import { until } from './until.ts';

/** Puts events into streams as the relay does, without hubs or PostgreSQL behind it. */
export interface EventPublisher extends AsyncDisposable {
  /** Creates (or recreates with a new epoch) the stream of a hub. */
  createStream(hub: string, settings?: { firstSeq?: number }): Promise<string>;
  deleteStream(hub: string): Promise<void>;
  /** Removes events up to and including `pos`, as retention does. */
  purge(hub: string, pos: number): Promise<void>;
  /** Appends events in order; answers the position of the last. Waits out a NATS that is away. */
  publish(hub: string, ...events: EventFacts[]): Promise<number>;
  /** Position and epoch of the last event published. */
  position(hub: string): readonly [string, number];
}

/** An event in short: the rest of the envelope is made up. */
export interface EventFacts {
  readonly type: string;
  readonly data: Record<string, unknown>;
  readonly domain?: string;
  readonly actor?: string;
}

const streamOf = (hub: string): string => `EVENTS_${hub.toUpperCase()}`;

/** Connects to a NATS server; `eventHubs` names the second word of each hub's event types. */
export async function eventPublisher(url: string, eventHubs: Readonly<Record<string, string>>): Promise<EventPublisher> {
  const { host, username, password } = new URL(url);
  const connection: NatsConnection = await connect({ servers: host, user: username, pass: password, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const js = jetstream(connection);
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const places = new Map<string, { epoch: string; pos: number }>();

  return {
    async createStream(hub, { firstSeq = 1 } = {}) {
      const epoch = crypto.randomUUID();
      await manager.streams.add({ name: streamOf(hub), subjects: [`org.${eventHubs[hub]}.>`], metadata: { [EPOCH_KEY]: epoch }, first_seq: firstSeq, allow_direct: true });
      places.set(hub, { epoch, pos: firstSeq - 1 });
      return epoch;
    },
    async deleteStream(hub) {
      await manager.streams.delete(streamOf(hub));
    },
    async purge(hub, pos) {
      await manager.streams.purge(streamOf(hub), { seq: pos + 1 });
    },
    async publish(hub, ...events) {
      const place = places.get(hub)!;
      await Promise.all(events.map(async (facts) => {
        const pos = ++place.pos;
        const event: CloudEvent = {
          specversion: '1.0', id: newId(), source: `/hubs/${hub}`, subject: `thing/${String(facts.data.id)}`, time: new Date().toISOString(),
          datacontenttype: 'application/json', dataschema: `/schema/events/${facts.type}/1`, actor: facts.actor ?? 'tester', ...facts,
        };
        const head = headers();
        head.set('Nats-Msg-Id', messageId(place.epoch, pos));
        await until(`event ${pos} of ${hub} to be stored`, async () => (await js.publish(facts.type, JSON.stringify(event), { headers: head, timeout: 2_000 })).seq === pos, { deadline: 20_000 });
      }));
      return place.pos;
    },
    position(hub) {
      const { epoch, pos } = places.get(hub)!;
      return [epoch, pos];
    },
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
}
