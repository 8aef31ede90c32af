import type { Token } from '../token.ts';
import type { Fault } from '../values.ts';
import { ASK_AGAIN, countLoss, WELCOME, type Listener, type Lost, type Operation, type Payload, type Stream, type TransportDeps } from './transport.ts';

/** The part of a WebSocket that is used: that of browsers, Node 22 and later, and the package `ws` have it. */
export interface SocketLike {
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: any) => void): void; // any: each implementation has an event class of its own
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** A constructor of WebSockets. */
export type SocketConstructor = new (url: string, protocol: string) => SocketLike;

/** A message of graphql-transport-ws. */
interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** One connection that speaks graphql-transport-ws, for many streams. */
export interface Socket {
  /** Whether another stream may begin here. */
  readonly isOpen: boolean;
  begin(operation: Operation, cursor: string | undefined, listener: Listener): Stream;
  /** Ends it without a word to the listeners. */
  close(): void;
}

/** Streams that a gateway lets one socket have. */
const MOST_STREAMS = 100;
/** Milliseconds that a socket without streams is kept for the next. */
const LINGER = 1_000;
/** Milliseconds for the answer to a ping. */
const ANSWER = 5_000;
/** Codes of a close that another token may mend: none, not valid, over, revoked. */
const TOKEN_CODES: ReadonlySet<number> = new Set([4401, 4403, 4440, 4441]);
/** Codes of a close that another try cannot mend: a message too large, or not of the protocol. */
const OURS: Readonly<Record<number, string>> = { 1009: 'OPERATION_TOO_LARGE', 4400: 'BAD_USER_INPUT', 4406: 'BAD_RESPONSE' };

interface Entry {
  readonly listener: Listener;
  readonly message: string;
  heard: boolean;
}

/** Connects. `gone` is called once, at the very end. */
export function openSocket(deps: TransportDeps, WebSocket: SocketConstructor, gone: () => void): Socket {
  const { endpoints, tokens, pace, clock, observe } = deps;
  const connection = { url: endpoints.socket(), attempt: pace.begin() };
  const { url } = connection;
  const streams = new Map<string, Entry>();
  let state: 'opening' | 'open' | 'leaving' | 'gone' = 'opening';
  let socket: SocketLike | undefined;
  let token: Token | undefined;
  let ids = 0;
  let heardAt = clock.now();
  let messages = 0;
  let retryAfter: number | undefined;
  let isRenewing = false;
  // timers by what they are for; each is set anew only after it was called off or fired
  const timers = new Map<'life' | 'linger' | 'renewal', () => void>();

  const set = (name: 'life' | 'linger' | 'renewal', milliseconds: number, act: () => void): void => {
    timers.get(name)?.();
    timers.set(name, clock.after(milliseconds, act));
  };
  const send = (message: Message): void => socket?.send(JSON.stringify(message));

  /** Cuts the connection at once: a dead peer would not answer a close. */
  const cut = (why: string): void => {
    if (state === 'gone') return;
    state = 'gone';
    gone();
    for (const cancel of timers.values()) cancel();
    socket?.close(1000, why);
  };

  const lose = (lost: Lost): void => {
    if (state === 'gone') return;
    const open = [...streams.values()];
    streams.clear();
    cut('');
    countLoss(deps, 'ws', connection, lost, retryAfter);
    for (const { listener } of open) listener.lost(lost);
  };

  const start = async (): Promise<void> => {
    observe({ kind: 'connecting', transport: 'ws', url });
    set('life', WELCOME, () => lose({ reason: 'CONNECTION_FAILED', message: 'The gateway did not answer in time.' }));
    try {
      token = await tokens.current();
    } catch (error) {
      return lose({ reason: 'TOKEN_UNAVAILABLE', message: String(error) });
    }
    if ((state as string) === 'gone') return;
    try {
      socket = new WebSocket(url, 'graphql-transport-ws');
    } catch (error) {
      return lose({ reason: 'CONNECTION_FAILED', message: String(error) });
    }
    socket.addEventListener('open', () => send({ type: 'connection_init', payload: token && { authorization: `Bearer ${token.text}` } }));
    socket.addEventListener('message', ({ data }: { data: unknown }) => hear(String(data)));
    socket.addEventListener('close', ({ code, reason }: { code: number; reason: string }) => closed(code, reason));
    socket.addEventListener('error', () => undefined); // a close follows
  };

  const closed = (code: number, reason: string): void => {
    if (state === 'gone') return;
    const message = `The connection was closed (${code}${reason && ` ${reason}`}).`;
    if (TOKEN_CODES.has(code)) {
      tokens.refused(token);
      return lose({ reason: 'UNAUTHENTICATED', message });
    }
    const fault = OURS[code];
    // what had an answer before is not what the gateway minded
    if (fault !== undefined) for (const [id, { listener, heard }] of streams) if (!heard) {
      streams.delete(id);
      listener.refused([{ message, extensions: { code: fault } }]);
    }
    lose({ reason: state === 'opening' ? 'CONNECTION_FAILED' : code === 1001 ? 'GOING_AWAY' : 'CONNECTION_LOST', message });
  };

  const hear = (text: string): void => {
    if (state === 'gone') return;
    heardAt = clock.now();
    messages++;
    let message: Message;
    try {
      message = JSON.parse(text) as Message;
    } catch {
      return lose({ reason: 'CONNECTION_FAILED', message: 'What answered does not speak graphql-transport-ws.' });
    }
    const { type, id = '', payload } = message;
    if (type === 'next') answer(id, payload as Payload, text.length);
    else if (type === 'error') end(id, payload as readonly Fault[]);
    else if (type === 'complete') completed(id);
    else if (type === 'ping') pinged((payload ?? {}) as Pinged);
    else if (type === 'pong') ponged((payload ?? {}) as Ponged);
    else if (type === 'connection_ack') welcomed();
  };

  const welcomed = (): void => {
    if (state !== 'opening') return;
    state = 'open';
    observe({ kind: 'connected', transport: 'ws', url });
    for (const { message } of streams.values()) socket?.send(message);
    watch();
    renewLater();
    if (streams.size === 0) idle();
  };

  const answer = (id: string, payload: Payload, characters: number): void => {
    const entry = streams.get(id);
    if (!entry) return;
    entry.heard = true;
    entry.listener.event(payload, characters);
  };

  const end = (id: string, errors: readonly Fault[]): void => {
    const entry = streams.get(id);
    if (!entry) return;
    streams.delete(id);
    const { code, cursor } = errors[0]?.extensions ?? {};
    if (code !== 'UNAUTHENTICATED') entry.listener.refused(errors);
    else {
      // the whole connection ends with its token
      tokens.refused(token);
      state = 'leaving';
      if (typeof cursor === 'string') entry.listener.place(cursor, false);
      entry.listener.lost({ reason: 'UNAUTHENTICATED', message: errors[0]?.message ?? code });
    }
    idle();
  };

  /** Streams of events have no end of their own: the gateway is about to stop. */
  const completed = (id: string): void => {
    const entry = streams.get(id);
    if (!entry) return;
    streams.delete(id);
    state = 'leaving';
    const lost: Lost = { reason: 'GOING_AWAY', message: 'The gateway ends its subscriptions.' };
    countLoss(deps, 'ws', connection, lost, retryAfter);
    entry.listener.lost(lost);
    idle();
  };

  const pinged = ({ cursors, retryAfter: away, expiresAt }: Pinged): void => {
    send({ type: 'pong' });
    if (typeof away === 'number') retryAfter = away;
    placed(cursors, false);
    // the application's token did not tell its end
    if (expiresAt !== undefined && !isRenewing) void renew();
  };

  const ponged = ({ renewed, cursors, ready }: Ponged): void => {
    placed(cursors, ready === true);
    if (renewed !== false) return;
    tokens.refused(token);
    renewAfter(ASK_AGAIN);
  };

  const placed = (cursors: Readonly<Record<string, string>> = {}, current: boolean): void => {
    for (const [id, cursor] of Object.entries(cursors)) {
      const entry = streams.get(id);
      if (!entry) continue;
      entry.heard = true;
      entry.listener.place(cursor, current);
    }
  };

  /** Asks a silent gateway for a sign of life, and gives it up when there is none. */
  const watch = (): void => {
    const left = heardAt + deps.silence - clock.now();
    if (left > 0) return set('life', left, watch);
    const before = messages;
    send({ type: 'ping' });
    set('life', ANSWER, () => (messages > before ? watch() : lose({ reason: 'CONNECTION_LOST', message: 'The gateway does not answer.' })));
  };

  const renewAfter = (milliseconds: number): void => set('renewal', milliseconds, () => void renew());
  const renewLater = (): void => {
    if (token?.renewAt !== undefined) renewAfter(Math.max(0, token.renewAt - clock.now()));
  };
  /** Gives the gateway another token. At the worst the old one ends, and with it the streams, which then go on elsewhere. */
  const renew = async (): Promise<void> => {
    isRenewing = true;
    try {
      const next = await tokens.current();
      if (state !== 'open' || !next) return;
      token = next;
      send({ type: 'ping', payload: { authorization: `Bearer ${next.text}` } });
      observe({ kind: 'renewed', transport: 'ws', url });
      renewLater();
    } catch {
      if (state === 'open') renewAfter(ASK_AGAIN);
    } finally {
      isRenewing = false;
    }
  };

  const idle = (): void => {
    if (streams.size > 0) return;
    if (state === 'leaving') cut('nothing is watched');
    else if (state === 'open') set('linger', LINGER, () => streams.size === 0 && cut('nothing is watched'));
  };

  void start();
  return {
    get isOpen() { return (state === 'opening' || state === 'open') && streams.size < MOST_STREAMS; },
    begin(operation, cursor, listener) {
      const id = String(++ids);
      const payload = { ...operation, ...(cursor !== undefined && { extensions: { cursor } }) };
      const message = JSON.stringify({ id, type: 'subscribe', payload });
      streams.set(id, { listener, message, heard: false });
      if (state === 'open') socket?.send(message);
      return {
        close() {
          if (!streams.delete(id)) return;
          if (state === 'open') send({ id, type: 'complete' });
          idle();
        },
      };
    },
    close: () => {
      streams.clear();
      cut('');
    },
  };
}

/** Payload of a ping of the gateway. */
interface Pinged {
  /** Where streams may be resumed, by id: the gateway stops. */
  readonly cursors?: Readonly<Record<string, string>>;
  /** In milliseconds, before the gateway stops. */
  readonly retryAfter?: number;
  /** The token is about to end. */
  readonly expiresAt?: string;
}

/** Payload of a pong of the gateway: how far streams are, or what became of a token. */
interface Ponged {
  readonly cursors?: Readonly<Record<string, string>>;
  /** Whether the streams named by `cursors` have caught up. */
  readonly ready?: boolean;
  readonly renewed?: boolean;
}
