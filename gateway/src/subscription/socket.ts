import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { RawData, WebSocket } from 'ws';
import type { Reporter } from '../observe/reporter.ts';
import type { Client } from './clients.ts';
import type { Ground } from './begin.ts';
import { closing, type Closing } from './closing.ts';
import { createGate } from './gate.ts';
import { createRate } from './rate.ts';
import { createSession } from './session.ts';
import { textFrame } from './text-frame.ts';

/** What sockets share. */
export interface SocketOptions {
  readonly ground: Pick<Ground, 'engine' | 'settings' | 'tenures'>;
  readonly reporter: Reporter;
  readonly log: Logger;
}

/** One client's socket, below the protocol. */
export interface Connection extends Client {
  readonly socket: WebSocket;
  /** Header of the upgrade, for clients that can set one. */
  readonly authorization: string | undefined;
  /** Hands a message of the protocol to the socket. A large one waits for a client that reads slowly. */
  send(text: string): Promise<void>;
  close(why: Closing): void;
  /** Pings, and cuts a peer that did not answer since the last time. */
  beat(): void;
}

/** Messages up to this many characters do not wait at the gate: without them a client could not even be told that it is slow. */
const SMALL = 8_192;

/** Serves `socket` below the protocol: counts, pings, holds back. */
export function connect(socket: WebSocket, request: IncomingMessage, { ground, reporter, log }: SocketOptions): Connection {
  const { HUBGRAPH_WS_SLOW_BYTES: slowBytes, HUBGRAPH_WS_SLOW_TIME: slowTime, HUBGRAPH_WS_MESSAGE_RATE: perSecond } = ground.settings;
  const outflow = { get open() { return socket.readyState === socket.OPEN; }, get waiting() { return socket.bufferedAmount; } };
  const gate = createGate(outflow, request.socket, { bytes: slowBytes, milliseconds: slowTime, blocked: (bytes) => reporter.report('socket.blocked', { socket: name, bytes }) });
  const rate = createRate(perSecond, perSecond * 3);
  const closed = Promise.withResolvers<void>();
  let alive = true;
  // characters of small messages that went past a shut gate
  let squeezed = 0;

  const close = ([code, reason]: Closing): void => {
    if (outflow.open) socket.close(code, reason);
  };
  let isHeld = false;
  /** Lets what is written in this turn of the event loop go to the network in one piece. */
  const holdBack = (): void => {
    if (isHeld) return;
    isHeld = true;
    request.socket.cork();
    setImmediate(() => {
      isHeld = false;
      request.socket.uncork();
    });
  };
  // what each subscription was told last of its place
  const told = new Map<string, { cursor: string | undefined }>();
  /** Tells places in a pong, which nobody has to answer; other clients than ours pass over it. */
  const tellPlaces = (places: readonly (readonly [id: string, cursor: string])[], facts: object = {}): void => {
    if (outflow.open && places.length > 0) socket.send(JSON.stringify({ type: 'pong', payload: { cursors: Object.fromEntries(places), ...facts } }));
  };
  const session = createSession({
    sink(id) {
      const prefix = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
      const place: { cursor: string | undefined } = { cursor: undefined };
      told.set(id, place);
      return {
        transport: 'ws',
        get open() { return gate.isOpen; },
        ready: () => gate.open(),
        write(frame, more) {
          if (!outflow.open) return;
          place.cursor = frame.cursor;
          if (more) holdBack();
          // without compression ws hands everything to the network at once, so this keeps the order with what it sends
          request.socket.write(textFrame(frame, prefix, '}'));
        },
        current(cursor) {
          place.cursor = cursor;
          tellPlaces([[id, cursor]], { ready: true });
        },
      };
    },
    farewell(cursors, retryAfter) {
      if (outflow.open && Object.keys(cursors).length > 0) socket.send(JSON.stringify({ type: 'ping', payload: { cursors, retryAfter } }));
    },
    expiring(expiresAt) {
      if (outflow.open) socket.send(JSON.stringify({ type: 'ping', payload: { expiresAt: expiresAt.toISOString() } }));
    },
    close,
  }, ground);
  const { name } = session;

  /** Places behind events that a client did not get, because they are not for it: a quiet subscription must not be behind what is kept. */
  const moved = (): [id: string, cursor: string][] => {
    const places: [string, string][] = [];
    for (const [id, place] of told) {
      const subscriber = session.subscribers.get(id);
      const cursor = subscriber?.cursor();
      if (!session.operations.has(id)) told.delete(id);
      else if (cursor !== undefined && cursor !== place.cursor) places.push([id, (place.cursor = cursor)]);
    }
    return places;
  };

  const heard = (): void => {
    alive = true;
    if (!rate.allows()) close(closing.tooManyMessages);
  };
  socket.on('message', heard);
  socket.on('ping', heard);
  socket.on('pong', heard);
  socket.on('error', (error) => log.debug({ socket: name, err: error }, 'socket error'));
  socket.once('close', (code) => {
    session.gone();
    closed.resolve();
    reporter.report('socket.closed', { socket: name, code });
  });

  reporter.report('socket.opened', { socket: name });
  return {
    socket, session, close,
    transport: 'ws',
    authorization: request.headers.authorization,
    closed: closed.promise,
    async send(text) {
      if (text.length > SMALL && !(await gate.open())) return socket.terminate();
      if (!outflow.open) return;
      squeezed = socket.bufferedAmount < slowBytes ? 0 : squeezed + text.length;
      if (squeezed > slowBytes) return socket.terminate();
      socket.send(text);
    },
    beat() {
      if (!alive) return socket.terminate();
      alive = false;
      if (!outflow.open) return;
      socket.ping();
      tellPlaces(moved());
    },
    cut: () => socket.terminate(),
  };
}

/** Text of a message; fragments come joined. */
export function textOf(data: RawData): string {
  return Array.isArray(data) ? Buffer.concat(data).toString() : data.toString();
}
