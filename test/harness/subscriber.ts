import { WebSocket, type ClientOptions } from 'ws';

/** A message of graphql-transport-ws. */
export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: any;
}

/** Keeps what came until somebody takes it, so that no frame is missed however late a test looks. */
export interface FrameQueue<Frame> {
  push(frame: Frame): void;
  /** The next frame, waited for at most 10 s. */
  take(): Promise<Frame>;
  /** The next `count` frames. */
  takeMany(count: number): Promise<Frame[]>;
  /** Frames that came and were not taken. */
  readonly waiting: readonly Frame[];
  /** Makes those who wait fail with `reason`; what came can still be taken. */
  end(reason: Error): void;
}

const DEADLINE_MS = 10_000;

/** Makes an empty queue; `name` stands in the error of who waits in vain. */
export function frameQueue<Frame>(name: string): FrameQueue<Frame> {
  const frames: Frame[] = [];
  const takers: { resolve(frame: Frame): void; reject(error: Error): void }[] = [];
  let ended: Error | undefined;
  const take = (): Promise<Frame> => {
    if (frames.length > 0) return Promise.resolve(frames.shift()!);
    if (ended) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        takers.splice(takers.indexOf(taker), 1);
        reject(new Error(`waited ${DEADLINE_MS} ms in vain for a frame of ${name}`));
      }, DEADLINE_MS);
      const taker = {
        resolve(frame: Frame) {
          clearTimeout(timer);
          resolve(frame);
        },
        reject(error: Error) {
          clearTimeout(timer);
          reject(error);
        },
      };
      takers.push(taker);
    });
  };
  return {
    take,
    waiting: frames,
    push(frame) {
      const taker = takers.shift();
      if (taker) taker.resolve(frame);
      else frames.push(frame);
    },
    async takeMany(count) {
      const taken: Frame[] = [];
      while (taken.length < count) taken.push(await take());
      return taken;
    },
    end(reason) {
      ended = reason;
      for (const taker of takers.splice(0)) taker.reject(reason);
    },
  };
}

/** How a socket ended. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** One operation of a {@link TestClient}. */
export interface TestOperation {
  readonly id: string;
  /** The payload of the next `next` message; fails when an `error` or `complete` comes in its place. */
  next(): Promise<any>;
  nexts(count: number): Promise<any[]>;
  /** The errors of the next message, which must be an `error` one. */
  error(): Promise<any[]>;
  /** Any next message. */
  message(): Promise<Message>;
  /** Messages that came and were not taken. */
  readonly waiting: readonly Message[];
  /** Sends `complete`. */
  complete(): void;
}

/** A graphql-transport-ws client that does what a test says, right or wrong. */
export interface TestClient extends AsyncDisposable {
  readonly socket: WebSocket;
  readonly closed: Promise<Closed>;
  /** Sends an object as JSON, anything else as it is. */
  send(message: unknown): void;
  /** Messages without an operation: `connection_ack`, `ping`, `pong`, but for pongs that tell places. */
  message(): Promise<Message>;
  /** The pongs that tell places. */
  place(): Promise<{ readonly cursors: Readonly<Record<string, string>>; readonly ready?: boolean }>;
  subscribe(query: string, variables?: object, more?: { id?: string; extensions?: object; operationName?: string }): TestOperation;
  /** Stops and starts reading from the network. */
  pause(): void;
  resume(): void;
  /** Closes with 1000. */
  close(): Promise<Closed>;
}

/** How to connect. */
export interface TestClientOptions extends ClientOptions {
  /** Sent in `connection_init`; left out, no `connection_init` is sent. */
  readonly authorization?: string;
  readonly protocols?: string | string[];
}

/** Opens a socket; with `authorization` it resolves after `connection_ack`. Rejects when the upgrade is refused. */
export async function connectClient(url: string, { authorization, protocols = 'graphql-transport-ws', ...options }: TestClientOptions = {}): Promise<TestClient> {
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...options });
  const general = frameQueue<Message>('the socket');
  const places = frameQueue<any>('places');
  const operations = new Map<string, FrameQueue<Message>>();
  const closed = new Promise<Closed>((resolve) => socket.once('close', (code, reason) => {
    const end = new Error(`the socket was closed with ${code} ${String(reason)}`);
    for (const queue of [general, places, ...operations.values()]) queue.end(end);
    resolve({ code, reason: String(reason) });
  }));
  let ids = 0;

  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.type === 'pong' && message.payload?.cursors && message.payload.renewed === undefined) return places.push(message.payload);
    const queue = message.id === undefined ? general : (operations.get(message.id) ?? general);
    queue.push(message);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);

  const send = (message: unknown): void => socket.send(typeof message === 'object' && !Buffer.isBuffer(message) ? JSON.stringify(message) : (message as string));
  const client: TestClient = {
    socket, closed, send,
    message: () => general.take(),
    place: () => places.take(),
    subscribe(query, variables, { id = `op${++ids}`, extensions, operationName } = {}) {
      const queue = frameQueue<Message>(id);
      operations.set(id, queue);
      send({ id, type: 'subscribe', payload: { query, variables, extensions, operationName } });
      return operationOf(id, queue, send);
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close() {
      socket.close(1000);
      return closed;
    },
    async [Symbol.asyncDispose]() {
      socket.terminate();
      if (socket.readyState !== socket.CLOSED) await closed;
    },
  };
  if (authorization !== undefined) {
    send({ type: 'connection_init', payload: { authorization } });
    const ack = await general.take();
    if (ack.type !== 'connection_ack') throw new Error(`expected connection_ack, got ${JSON.stringify(ack)}`);
  }
  return client;
}

function operationOf(id: string, queue: FrameQueue<Message>, send: (message: unknown) => void): TestOperation {
  const expect = async (type: string): Promise<any> => {
    const message = await queue.take();
    if (message.type !== type) throw new Error(`expected ${type} of ${id}, got ${JSON.stringify(message)}`);
    return message.payload;
  };
  const next = (): Promise<any> => expect('next');
  return {
    id, next,
    waiting: queue.waiting,
    async nexts(count) {
      const payloads: unknown[] = [];
      while (payloads.length < count) payloads.push(await next());
      return payloads;
    },
    error: () => expect('error'),
    message: () => queue.take(),
    complete: () => send({ id, type: 'complete' }),
  };
}
