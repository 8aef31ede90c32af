import { PublicError } from '@hubgraph/kit/errors';
import type { Clock } from '@hubgraph/kit/clock';
import type { Identity } from '@hubgraph/kit/identity';
import { newId } from '@hubgraph/kit/ids';
import type { IncomingMessage } from 'node:http';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { RawData, WebSocket } from 'ws';
import type { Reporter } from '../observe/reporter.ts';
import { lifetime } from './admit.ts';
import { closing } from './closing.ts';
import { createGate } from './gate.ts';
import type { Frame } from './hydrate.ts';
import type { Operation } from './operation.ts';
import { createRate } from './rate.ts';
import type { SubscriptionSettings } from './settings.ts';
import type { Subscriber } from './subscriber.ts';

/** What sockets share. */
export interface SocketOptions {
  readonly settings: SubscriptionSettings;
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One client's socket, below the protocol. */
export interface Connection {
  readonly name: string;
  readonly socket: WebSocket;
  /** Header of the upgrade, for clients that can set one. */
  readonly authorization: string | undefined;
  /** Set once `connection_init` was accepted; its end ends the socket. */
  identity: Identity | undefined;
  /** Whether the token's time is over or the gateway stops: nothing new begins. */
  readonly ending: boolean;
  /** Operations by id. */
  readonly operations: Map<string, Operation>;
  /** Subscriptions by id. */
  readonly subscribers: Map<string, Subscriber>;
  /** Hands a message of the protocol to the socket. A large one waits for a client that reads slowly. */
  send(text: string): Promise<void>;
  /** Resolves to true once there is room for an event, to false when the client has been too slow for too long. */
  ready(): Promise<boolean>;
  /** Writes one event. */
  write(prefix: string, frame: Frame): void;
  close(why: readonly [code: number, reason: string]): void;
  /** Called at every keep-alive period: pings, and cuts a peer that did not answer since the last time. */
  beat(): void;
  /** Tells the client where it may resume, and closes with 1001. */
  stop(): Promise<void>;
}

/** Messages up to this many characters do not wait at the gate: without them a client could not even be told that it is slow. */
const SMALL = 8_192;
/** Milliseconds that queries and mutations get to finish when their socket must close. */
const LAST_CHANCE_MS = 2_000;

/** Serves `socket` below the protocol: counts, pings, holds back, ends it with its token. */
export function connect(socket: WebSocket, request: IncomingMessage, { settings, reporter, clock, log }: SocketOptions): Connection {
  const name = newId();
  const { HUBGRAPH_WS_SLOW_BYTES: slowBytes, HUBGRAPH_WS_SLOW_TIME: slowTime, HUBGRAPH_WS_MESSAGE_RATE: perSecond } = settings;
  const gate = createGate(socket, request.socket, { bytes: slowBytes, milliseconds: slowTime, blocked: (bytes) => reporter.report('socket.blocked', { socket: name, bytes }) });
  const rate = createRate(perSecond, perSecond * 3);
  const operations = new Map<string, Operation>();
  const subscribers = new Map<string, Subscriber>();
  let alive = true;
  let ending = false;
  // characters of small messages that went past a shut gate
  let squeezed = 0;
  let identity: Identity | undefined;
  let life: Disposable | undefined;

  const close = ([code, reason]: readonly [number, string]): void => {
    if (socket.readyState === socket.OPEN) socket.close(code, reason);
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
    life?.[Symbol.dispose]();
    for (const subscriber of subscribers.values()) subscriber.end('socket');
    reporter.report('socket.closed', { socket: name, code });
  });

  /** Queries and mutations may finish what they do. */
  const lastChance = async (): Promise<void> => {
    const running = [...operations.values()].filter(({ kind }) => kind !== 'subscription').map(({ finished }) => finished);
    if (running.length > 0) await Promise.race([Promise.all(running), delay(LAST_CHANCE_MS, undefined, { ref: false })]);
    // what they answered goes out first
    await turn();
  };

  const expire = async (): Promise<void> => {
    ending = true;
    for (const [id, operation] of operations) {
      if (operation.kind !== 'subscription') continue;
      const cursor = subscribers.get(id)?.cursor();
      operation.stop(new PublicError('UNAUTHENTICATED', 'The token\'s time is over.', cursor === undefined ? {} : { cursor }));
    }
    await lastChance();
    close(closing.tokenExpired);
  };

  reporter.report('socket.opened', { socket: name });
  return {
    name, socket, operations, subscribers, close,
    authorization: request.headers.authorization,
    get identity() { return identity; },
    set identity(accepted) {
      identity = accepted;
      // the socket may have gone while the token was looked at
      if (accepted && socket.readyState === socket.OPEN) life = lifetime(accepted, clock, () => void expire());
    },
    get ending() { return ending; },
    async send(text) {
      if (text.length > SMALL && !(await gate.open())) return socket.terminate();
      if (socket.readyState !== socket.OPEN) return;
      squeezed = socket.bufferedAmount < slowBytes ? 0 : squeezed + text.length;
      if (squeezed > slowBytes) return socket.terminate();
      socket.send(text);
    },
    ready: () => gate.open(),
    write(prefix, frame) {
      if (socket.readyState === socket.OPEN) socket.send(`${prefix}${frame.json}}`);
    },
    beat() {
      if (!alive) return socket.terminate();
      alive = false;
      if (socket.readyState === socket.OPEN) socket.ping();
    },
    async stop() {
      ending = true;
      await lastChance();
      const cursors = Object.fromEntries([...subscribers].flatMap(([id, subscriber]) => {
        const cursor = subscriber.cursor();
        return cursor === undefined ? [] : [[id, cursor]];
      }));
      if (socket.readyState === socket.OPEN && Object.keys(cursors).length > 0) socket.send(JSON.stringify({ type: 'ping', payload: { cursors } }));
      for (const subscriber of subscribers.values()) subscriber.end('stop');
      close(closing.goingAway);
    },
  };
}

/** Text of a message; fragments come joined. */
export function textOf(data: RawData): string {
  return Array.isArray(data) ? Buffer.concat(data).toString() : data.toString();
}
