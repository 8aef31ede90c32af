import { createConnection, type Socket } from 'node:net';
import { clientFrame, frameReader, upgradeRequest } from '../frames.ts';
import type { Sequence } from './sequence.ts';

/** What a watcher asks for, and what it and all like it get of each hub. */
export interface Kind {
  readonly query: string;
  readonly variables: object;
  /** By hub. */
  readonly sequences: ReadonlyMap<string, Sequence>;
  /** Hub of an event by its type, which is undefined for an error in the event's place. */
  hubOf(type: string | undefined): string;
}

type Positions = Readonly<Record<string, readonly [epoch: string, pos: number]>>;

/** What all watchers share. */
export interface Ground {
  readonly ports: readonly number[];
  readonly authorization: string;
  /** What must never happen; the first few are kept. */
  wrong(problem: string): void;
  /** Counts what may happen. */
  count(what: string): void;
}

const decoded = new Map<string, Positions>();
const RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;

/** Milliseconds since 1970. */
export const now = (): number => performance.timeOrigin + performance.now();

/**
 * One thin client: it resumes at another gateway from its last cursor whenever its socket or subscription ends, and looks
 * whether each event is the one that follows. A class of few fields: there are thousands.
 */
export class Watcher {
  /** Got a place or an event on its present connection. */
  ready = false;
  /** Events so far, by hub. */
  readonly counts = new Map<string, number>();
  /** Position of the last of them, by hub. */
  readonly places = new Map<string, number>();
  readonly #ground: Ground;
  readonly kind: Kind;
  #socket: Socket | undefined;
  #cursor: string | undefined;
  #next: number;
  #retry = RETRY_MS;
  /** By hub, when the last event came, and the longest time without one. */
  readonly #silences = new Map<string, { last: number; longest: number }>();
  #stopped = false;
  #paused = false;

  constructor(ground: Ground, kind: Kind, index: number) {
    this.#ground = ground;
    this.kind = kind;
    this.#next = index;
  }

  /** Begins to measure silence anew. */
  mark(): void {
    for (const hub of this.kind.sequences.keys()) this.#silences.set(hub, { last: now(), longest: 0 });
  }
  /** Whether it has got events behind these positions, of every hub it follows. */
  isBehind(positions: Readonly<Record<string, number>>): boolean {
    return [...this.kind.sequences.keys()].every((hub) => (this.places.get(hub) ?? 0) > positions[hub]!);
  }
  /** The longest time without an event of one of its hubs since the last {@link mark}, up to this moment, in milliseconds. */
  get silence(): number {
    return Math.max(...[...this.#silences.values()].map(({ last, longest }) => Math.max(longest, now() - last)));
  }
  /** Whether it has all that anybody like it has. */
  get current(): boolean {
    return [...this.kind.sequences].every(([hub, { length }]) => (this.counts.get(hub) ?? 0) === length);
  }

  pause(): void {
    this.#paused = true;
    this.#socket?.pause();
  }
  resume(): void {
    this.#paused = false;
    this.#socket?.resume();
  }
  /** Cuts the connection; it comes back at once. */
  cut(): void {
    this.#retry = RETRY_MS;
    this.#socket?.destroy();
  }
  stop(): void {
    this.#stopped = true;
    this.#socket?.destroy();
  }

  connect(): void {
    const { ports, authorization, count } = this.#ground;
    const port = ports[this.#next++ % ports.length]!;
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    let upgraded = false;
    const read = frameReader({
      text: (payload) => {
        if (this.#socket === socket && !this.#stopped) this.#message(socket, JSON.parse(payload.toString()) as Message);
      },
      ping: (payload) => void socket.write(clientFrame(10, payload)),
      close: (code) => {
        count(`closed ${code}`);
        socket.destroy();
      },
    });
    socket.write(upgradeRequest(port));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (upgraded) return read(chunk);
      upgraded = true;
      if (!chunk.toString('latin1', 0, 12).endsWith('101')) {
        count('refused');
        return void socket.destroy();
      }
      socket.write(clientFrame(1, JSON.stringify({ type: 'connection_init', payload: { authorization } })));
      const rest = chunk.subarray(chunk.indexOf('\r\n\r\n') + 4);
      if (rest.length > 0) read(rest);
    });
    socket.once('close', () => {
      this.ready = false;
      if (this.#stopped || this.#socket !== socket) return;
      count('lost');
      setTimeout(() => this.connect(), this.#retry * (0.5 + Math.random()));
      this.#retry = Math.min(this.#retry * 2, MAX_RETRY_MS);
    });
    if (this.#paused) socket.pause();
  }

  #message(socket: Socket, message: Message): void {
    if (message.type === 'next') return this.#event(message.payload);
    if (message.type === 'connection_ack') return this.#subscribe(socket);
    if (message.type === 'ping') socket.write(clientFrame(1, '{"type":"pong"}'));
    if (message.type === 'ping' || message.type === 'pong') return this.#told(message);
    const [error] = message.type === 'error' ? (message.payload as unknown as readonly Refusal[]) : [];
    const { code = 'complete', cursor } = error?.extensions ?? {};
    this.#ground.count(code);
    if (code === 'STREAM_RESET' || code.startsWith('CURSOR_')) return this.#ground.wrong(`${code}: ${error?.message}`);
    // the errors of a gateway that goes on say where; taking that in place of what came last must not make a difference
    this.#cursor = cursor ?? this.#cursor;
    setTimeout(() => this.#socket === socket && this.#subscribe(socket), this.#retry);
    this.#retry = Math.min(this.#retry * 2, MAX_RETRY_MS);
  }

  #subscribe(socket: Socket): void {
    const { query, variables } = this.kind;
    socket.write(clientFrame(1, JSON.stringify({ id: 's', type: 'subscribe', payload: { query, variables, ...(this.#cursor && { extensions: { cursor: this.#cursor } }) } })));
  }

  #told({ payload }: Message): void {
    const cursor = payload?.cursors?.s;
    if (cursor === undefined) return;
    this.#cursor = cursor;
    if (!payload?.ready) return;
    this.ready = true;
    this.#retry = RETRY_MS;
  }

  #event(payload: Payload): void {
    const at = now();
    this.ready = true;
    const cursor = payload.extensions!.cursor!;
    const event = Object.values(payload.data ?? {})[0];
    if (payload.errors) this.#ground.count(`event with ${payload.errors[0]?.extensions?.code}`);
    const hub = this.kind.hubOf(event?.type);
    this.#cursor = cursor;
    const silence = this.#silences.get(hub);
    if (silence) {
      silence.longest = Math.max(silence.longest, at - silence.last);
      silence.last = at;
    }
    const count = this.counts.get(hub) ?? 0;
    const place = positionsIn(cursor)[hub]![1];
    const problem = this.kind.sequences.get(hub)!.got(count, place, event?.id, at);
    if (problem === undefined) {
      this.counts.set(hub, count + 1);
      this.places.set(hub, place);
    } else {
      this.#ground.wrong(`${hub}: after ${count} events ${problem}`);
    }
  }
}

interface Refusal { readonly message: string; readonly extensions?: { readonly code?: string; readonly cursor?: string } }
interface Payload {
  readonly data?: Readonly<Record<string, { readonly id: string; readonly type: string } | null>> | null;
  readonly errors?: readonly Refusal[];
  readonly extensions?: { readonly cursor?: string };
}
interface Message {
  readonly type: string;
  readonly payload: Payload & { readonly cursors?: { readonly s?: string }; readonly ready?: boolean };
}

/** Cursors are opaque to clients; a test looks inside. Clients that ask for the same get the same ones, so each is read once. */
function positionsIn(cursor: string): Positions {
  let positions = decoded.get(cursor);
  if (!positions) {
    positions = (JSON.parse(Buffer.from(cursor.split('.')[1]!, 'base64url').toString()) as { p: Positions }).p;
    if (decoded.size > 20_000) decoded.clear();
    decoded.set(cursor, positions);
  }
  return positions;
}
