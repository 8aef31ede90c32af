import type { Fault } from '../values.ts';
import type { Token } from '../token.ts';
import { readAnswer, retryAfterOf } from '../answer.ts';
import { readBlocks } from './event-stream.ts';
import { ASK_AGAIN, countLoss, WELCOME, type Listener, type Lost, type Operation, type Payload, type Stream, type Transport, type TransportDeps } from './transport.ts';

/** Periods of silence after which a gateway is given up: it cannot be asked here, but sends a sign of life in each. */
const PATIENCE = 2.5;

const NAME_HEADER = 'x-graphql-event-stream-token';

/** What the gateway says of a renewal. */
interface Renewal {
  readonly renewed?: boolean;
  /** In the place of the one before, which other rights made void. */
  readonly cursors?: Readonly<Record<string, string>>;
}

/** Streams over server-sent events in the mode of distinct connections: one request each. */
export function sseTransport(deps: TransportDeps, fetch: typeof globalThis.fetch): Transport {
  const streams = new Set<Stream>();
  return {
    open(operation, cursor, listener) {
      const stream: Stream = openStream(deps, fetch, operation, cursor, listener, () => streams.delete(stream));
      streams.add(stream);
      return stream;
    },
    close() {
      for (const stream of [...streams]) stream.close();
    },
  };
}

function openStream(deps: TransportDeps, fetch: typeof globalThis.fetch, operation: Operation, cursor: string | undefined, listener: Listener, gone: () => void): Stream {
  const { endpoints, tokens, pace, clock, observe } = deps;
  const connection = { url: endpoints.http(), attempt: pace.begin() };
  const { url } = connection;
  const ending = new AbortController();
  let token: Token | undefined;
  /** By which the gateway knows the stream. */
  let name: string | null = null;
  let heardAt = clock.now();
  let isConnected = false;
  let isOver = false;
  const timers = new Map<'life' | 'renewal', () => void>();

  const set = (name: 'life' | 'renewal', milliseconds: number, act: () => void): void => {
    timers.get(name)?.();
    timers.set(name, clock.after(milliseconds, act));
  };
  const close = (): void => {
    if (isOver) return;
    isOver = true;
    for (const cancel of timers.values()) cancel();
    ending.abort();
    gone();
  };
  const lose = (lost: Lost, retryAfter?: number): void => {
    if (isOver) return;
    close();
    if (lost.reason !== 'RENEWING') countLoss(deps, 'sse', connection, lost, retryAfter);
    listener.lost(lost);
  };
  const refuse = (errors: readonly Fault[]): void => {
    if (isOver) return;
    const [{ message, extensions: { code, cursor: place } = {} } = { message: '' }] = errors as [Fault?];
    if (code !== 'UNAUTHENTICATED') {
      close();
      return listener.refused(errors);
    }
    tokens.refused(token);
    if (typeof place === 'string') listener.place(place, false);
    lose({ reason: 'UNAUTHENTICATED', message });
  };

  const watch = (): void => {
    const left = heardAt + deps.silence * PATIENCE - clock.now();
    if (left > 0) set('life', left, watch);
    else lose({ reason: 'CONNECTION_LOST', message: 'The gateway has gone silent.' });
  };

  const run = async (): Promise<void> => {
    observe({ kind: 'connecting', transport: 'sse', url });
    set('life', WELCOME, () => lose({ reason: 'CONNECTION_FAILED', message: 'The gateway did not answer in time.' }));
    try {
      token = await tokens.current();
    } catch (error) {
      return lose({ reason: 'TOKEN_UNAVAILABLE', message: String(error) });
    }
    const response = await fetch(url, {
      method: 'POST', cache: 'no-store', signal: ending.signal,
      headers: { 'content-type': 'application/json', accept: 'text/event-stream, application/json;q=0.5', ...(token && { authorization: `Bearer ${token.text}` }) },
      body: JSON.stringify({ ...operation, ...(cursor !== undefined && { extensions: { cursor } }) }),
    });
    if (!response.ok || !response.body || !/^text\/event-stream\b/.test(response.headers.get('content-type') ?? '')) return refusedBy(response);
    isConnected = true;
    observe({ kind: 'connected', transport: 'sse', url });
    watch();
    name = response.headers.get(NAME_HEADER);
    renewLater();
    let retryAfter: number | undefined;
    let isFirst = true;
    for await (const { event, data, id, comment, retry } of readBlocks(response.body, () => (heardAt = clock.now()))) {
      if (isOver) return;
      // what a stream begins with is for an EventSource that loses it, later it is the word of a gateway that stops
      if (!isFirst && retry !== undefined) retryAfter = retry;
      isFirst = false;
      if (event === 'next' && data !== '') answer(JSON.parse(data) as Payload, data.length);
      else if (event === 'complete') lose({ reason: 'GOING_AWAY', message: 'The gateway ends the subscription.' }, retryAfter);
      else if (id !== undefined) listener.place(id, comment === 'ready');
    }
    lose({ reason: retryAfter === undefined ? 'CONNECTION_LOST' : 'GOING_AWAY', message: 'The gateway ended the stream.' }, retryAfter);
  };

  const renewLater = (): void => {
    if (token?.renewAt !== undefined) set('renewal', Math.max(0, token.renewAt - clock.now()), () => void renew());
  };
  /** Gives the stream another token; where that cannot be done, another stream follows it where it stands. */
  const renew = async (): Promise<void> => {
    try {
      token = await tokens.current();
      const answer = name !== null && token && (await readAnswer(await fetch(url, { method: 'POST', cache: 'no-store', signal: ending.signal, headers: { authorization: `Bearer ${token.text}`, [NAME_HEADER]: name } })));
      const { renewed, cursors = {} } = (answer || {}) as Renewal;
      if (isOver) return;
      if (renewed !== true) return lose({ reason: 'RENEWING', message: 'The token is renewed.' });
      for (const cursor of Object.values(cursors)) listener.place(cursor, false);
      observe({ kind: 'renewed', transport: 'sse', url });
      renewLater();
    } catch {
      // the old token is good for a while
      if (!isOver) set('renewal', ASK_AGAIN, () => void renew());
    }
  };

  const answer = (payload: Payload, characters: number): void => {
    if (payload.data === undefined) refuse(payload.errors ?? []);
    else listener.event(payload, characters);
  };

  const refusedBy = async (response: Response): Promise<void> => {
    const { errors } = await readAnswer(response);
    const isRefusal = errors !== undefined && errors.length > 0 && response.status !== 429 && response.status < 500;
    if (response.status === 401) refuse([{ message: errors?.[0]?.message ?? 'The token is not valid.', extensions: { code: 'UNAUTHENTICATED' } }]);
    else if (isRefusal) refuse(errors);
    else lose({ reason: 'CONNECTION_FAILED', message: `The gateway answered with ${response.status}.` }, retryAfterOf(response, clock.now()));
  };

  run().catch((error: unknown) => lose({ reason: isConnected ? 'CONNECTION_LOST' : 'CONNECTION_FAILED', message: String(error) }));
  return { close };
}
