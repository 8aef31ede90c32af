import { WebSocket } from 'ws';

// A client of either gateway that keeps all it gets, and what it gets when it comes back with a cursor.

/** How to watch at one of the gateways. */
export interface Side {
  readonly url: string;
  readonly init: object;
  /** The request's payload; `cursor` is what an event of this gateway had in its field of that name. */
  payload(query: string, filter: object, cursor?: string): object;
}

interface Happened { readonly cursor: string; readonly time: string; readonly alert: { readonly id: string } }
interface Payload { readonly data?: { readonly alertChanged: Happened }; readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string; readonly missed?: number; readonly reason?: string } }[] }

/** One open subscription. */
export interface Watch extends Disposable {
  readonly events: readonly Happened[];
  /** The code of the error that ended it, with its facts. */
  readonly ended: string | undefined;
  /** Resolves when there are so many events or the subscription has ended; false when neither is so within `ms`. */
  arrived(count: number, ms: number): Promise<boolean>;
}

/** Opens a subscription; it has been sent, but may not have begun, when the promise resolves. */
export async function watch(side: Side, query: string, filter: object, cursor?: string): Promise<Watch> {
  const socket = new WebSocket(side.url, 'graphql-transport-ws');
  const events: Happened[] = [];
  let ended: string | undefined;
  let changed = (): void => undefined;
  const end = (why: string): void => {
    ended ??= why;
    changed();
  };
  const sent = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: side.init })));
    socket.on('message', (text) => {
      const { type, payload } = JSON.parse((text as Buffer).toString()) as { type: string; payload?: unknown };
      if (type === 'connection_ack') {
        socket.send(JSON.stringify({ id: 'w', type: 'subscribe', payload: side.payload(query, filter, cursor) }));
        resolve();
      } else if (type === 'next' || type === 'error') {
        const { data, errors } = (type === 'next' ? payload : { errors: payload }) as Payload;
        if (data?.alertChanged) events.push(data.alertChanged);
        if (errors) end([errors[0]?.extensions?.code ?? errors[0]?.message, errors[0]?.extensions?.reason, errors[0]?.extensions?.missed === undefined ? undefined : `missed ${errors[0].extensions.missed}`].filter(Boolean).join(', '));
        changed();
      } else if (type === 'complete') end('completed');
    });
    socket.once('close', (code) => end(`closed with ${code}`));
  });
  await sent;
  return {
    events,
    get ended() {
      return ended;
    },
    async arrived(count, ms) {
      const late = AbortSignal.timeout(ms);
      while (events.length < count && ended === undefined && !late.aborted) {
        await new Promise<void>((resolve) => {
          changed = resolve;
          late.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      return !late.aborted;
    },
    [Symbol.dispose]: () => socket.terminate(),
  };
}

/** What a client with `cursor` gets of the events that it should: all, the error that it is told, or in silence less. */
export async function told(side: Side, query: string, cursor: string, due: readonly string[], ms: number): Promise<string> {
  using resumed = await watch(side, query, {}, cursor);
  await resumed.arrived(due.length, ms);
  if (resumed.ended !== undefined) return resumed.ended;
  const ids = resumed.events.map(({ alert }) => alert.id);
  return ids.join() === due.join() ? `all ${due.length}, in order` : `silence: ${ids.length} of ${due.length}`;
}

/** The event as both gateways should send it: a cursor is each one's own. */
export const comparable = (event: Happened | undefined): string => JSON.stringify(event && { ...event, cursor: typeof event.cursor });
