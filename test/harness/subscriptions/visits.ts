import { WebSocket } from 'ws';
import { openHttp } from '../http-stream.ts';
import { MULTIPART } from '../transport-clients.ts';

// Clients that come, subscribe and go, in every way that there is.

/** Where to, as whom, and for what. */
export interface Visited {
  /** Of the endpoint, with `http:`. */
  readonly http: string;
  readonly authorization: string;
  /** The subscription of the visitor with this number. */
  query(number: number): string;
}

const nextOf = (socket: WebSocket): Promise<{ type: string }> => new Promise((resolve, reject) => {
  socket.once('message', (text) => resolve(JSON.parse((text as Buffer).toString()) as { type: string }));
  socket.once('error', reject);
  socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
});

async function bySocket({ http, authorization, query }: Visited, number: number, leave: (socket: WebSocket) => void): Promise<void> {
  const socket = new WebSocket(http.replace('http:', 'ws:'), 'graphql-transport-ws');
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const acknowledged = nextOf(socket);
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
  await acknowledged;
  const placed = nextOf(socket);
  socket.send(JSON.stringify({ id: 's', type: 'subscribe', payload: { query: query(number) } }));
  await placed;
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  leave(socket);
  await closed;
}

async function byResponse({ http, authorization, query }: Visited, number: number, accept: string): Promise<void> {
  const stream = await openHttp(http, { headers: { authorization, accept }, body: { query: query(number) } });
  if (stream.status !== 200) throw new Error(`the stream was refused with ${stream.status}`);
  stream.close();
  await stream.ended;
}

async function byReservation({ http, authorization, query }: Visited, number: number): Promise<void> {
  const reserved = await openHttp(http, { method: 'PUT', headers: { authorization } });
  await reserved.ended;
  const token = reserved.text;
  const stream = await openHttp(http, { method: 'GET', headers: { accept: 'text/event-stream', 'x-graphql-event-stream-token': token } });
  const accepted = await openHttp(http, { headers: { authorization, 'x-graphql-event-stream-token': token }, body: { query: query(number), extensions: { operationId: 'o' } } });
  await accepted.ended;
  if (accepted.status !== 202) throw new Error(`the operation was refused with ${accepted.status}`);
  stream.close();
  await stream.ended;
}

/** How somebody comes and goes. */
const WAYS: readonly ((visited: Visited, number: number) => Promise<void>)[] = [
  (visited, number) => bySocket(visited, number, (socket) => socket.close(1000)),
  (visited, number) => bySocket(visited, number, (socket) => socket.terminate()),
  (visited, number) => byResponse(visited, number, 'text/event-stream'),
  (visited, number) => byResponse(visited, number, MULTIPART),
  byReservation,
];

/** Lets so many come and go, `atOnce` at a time, each way in turn. */
export async function visit(visited: Visited, count: number, atOnce = 20): Promise<void> {
  let next = 0;
  const visitor = async (): Promise<void> => {
    while (next < count) {
      const number = next++;
      await WAYS[number % WAYS.length]!(visited, number);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, visitor));
}
