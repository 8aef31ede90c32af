import { WebSocket } from 'ws';

// A client that keeps what it gets of alertChanged.

/** One frame, in short. */
export interface Seen {
  /** Of the event; of an entity of the snapshot its id and version. */
  readonly id: string;
  readonly alert: string;
  readonly isPresent: boolean;
}

/** One open subscription. */
export interface Watching {
  readonly seen: readonly Seen[];
  /** Position in the stream that the snapshot's cursors carry. */
  readonly seam: number;
  /** Milliseconds since it was asked for: to the first entity, the last entity, and when the gateway said that it had caught up. */
  readonly times: { first?: number; complete?: number; live?: number };
  /** Resolves when the gateway says so. */
  readonly live: Promise<void>;
  /** Resolves with the frame of this event. */
  got(eventId: string): Promise<void>;
  close(): void;
}

interface Message {
  readonly type: string;
  readonly payload?: { readonly ready?: boolean; readonly errors?: unknown; readonly data?: { readonly alertChanged: { readonly id: string; readonly alert: { readonly id: string } | null; readonly subject: string } }; readonly extensions?: { readonly cursor: string; readonly snapshot?: boolean } };
}

const QUERY = 'subscription { alertChanged(snapshot: true) { id type subject from to alert { id severity title version } } }';

/** Subscribes with a snapshot. */
export function watch(url: string, token: string): Watching {
  const socket = new WebSocket(url, 'graphql-transport-ws');
  const seen: Seen[] = [];
  const live = Promise.withResolvers<void>();
  const wanted = new Map<string, () => void>();
  const times: Watching['times'] = {};
  let begun = 0;
  let seam = -1;
  const since = (): number => performance.now() - begun;
  const send = (message: object): void => socket.send(JSON.stringify(message));
  const fail = (why: string): void => live.reject(new Error(why));
  socket.on('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
  socket.on('close', (code, reason) => fail(`closed with ${code} ${reason.toString()}`));
  socket.on('error', (error) => fail(error.message));
  socket.on('message', (text) => {
    const { type, payload } = JSON.parse((text as Buffer).toString()) as Message;
    if (type === 'connection_ack') {
      begun = performance.now();
      send({ id: 's', type: 'subscribe', payload: { query: QUERY } });
    } else if (type === 'ping') {
      send({ type: 'pong' });
    } else if (type === 'pong' && payload?.ready) {
      times.live ??= since();
      live.resolve();
    } else if (type === 'next' && payload?.data && !payload.errors) {
      const { id, subject } = payload.data.alertChanged;
      const isPresent = payload.extensions?.snapshot === true;
      if (isPresent) {
        times.first ??= since();
        times.complete = since();
        if (seam < 0) seam = (JSON.parse(Buffer.from(payload.extensions!.cursor.split('.')[1]!, 'base64url').toString()) as { p: { ops: [string, number] } }).p.ops[1];
      }
      seen.push({ id, alert: subject.slice('alert/'.length), isPresent });
      wanted.get(id)?.();
    } else if (type !== 'pong') {
      fail((text as Buffer).toString());
    }
  });
  return {
    seen, times, live: live.promise,
    get seam() { return seam; },
    got: (eventId) => (seen.some(({ id }) => id === eventId) ? Promise.resolve() : new Promise((resolve) => wanted.set(eventId, resolve))),
    close: () => socket.terminate(),
  };
}
