// Charges in packets: what a transaction writes, in a shape that costs little to hand from the thread that reads to the one that writes.
import { attributedBy, type AttributedBy } from '../attribution/match.ts';
import type { Charge, Entry } from './entry.ts';
import { createIds } from './ids.ts';
import { contentHashOf, identityOf, Occurrences } from './identity.ts';
import { field, headOf, restOf } from './line.ts';
import { Lines } from './lines.ts';

/** A row that was refused. */
export interface Refusal {
  readonly line: number;
  readonly reason: string;
}

/** What many rows have in common: the month that they were billed for, and all that decides to whom they belong. */
export interface Kind extends AttributedBy {
  readonly month: string;
}

/** Where charges come from. */
export interface Origin {
  /** Keys of rows are unique within it. */
  readonly source: string;
  readonly importId: string;
}

/** Charges with their keys, which differ from each other. */
export interface Packet {
  readonly size: number;
  /** By row, divided by NUL, which no key has: a thousand short texts cost more to hand on than a long one. */
  readonly keys: string;
  /** By row, one behind the other, HASH_LENGTH each. */
  readonly hashes: string;
  /** By row, the line as line.ts makes it, as if it was new and its month open, with its line break. */
  readonly lines: Uint8Array<ArrayBuffer>;
  /** By row, where in `lines` it ends, and how long its head is. */
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly heads: Uint16Array<ArrayBuffer>;
  /** By row, its line in the file. */
  readonly numbers: Uint32Array<ArrayBuffer>;
  /** By row, the place of its kind in `kinds`. */
  readonly kindOf: Uint16Array<ArrayBuffer>;
  readonly kinds: readonly Kind[];
  /** Entries of the file that went into it or were refused since the packet before. */
  readonly read: number;
  readonly refused: number;
  /** The first ones of the file. */
  readonly refusals: readonly Refusal[];
}

/** Rows of one packet, so of one transaction: enough that its cost is shared, few enough that a closing month waits for no more than a moment. */
export const PACKET = 5_000;
/** Bytes of lines after which a packet is not filled further. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Refusals that are told; more are counted. */
export const MOST_REFUSALS = 1_000;
export const HASH_LENGTH = 43;

/** Puts the entries of one file, in their order, into packets. */
export class Packer {
  readonly #from: string;
  readonly #met = new Occurrences();
  readonly #nextId = createIds();
  readonly #lines = new Lines(4 * 1024 * 1024);
  readonly #ends = new Uint32Array(PACKET);
  readonly #heads = new Uint16Array(PACKET);
  readonly #numbers = new Uint32Array(PACKET);
  readonly #kindOf = new Uint16Array(PACKET);
  readonly #places = new Map<string, number>();
  #told = 0;
  #size = 0;
  #keys: string[] = [];
  #hashes: string[] = [];
  #kinds: Kind[] = [];
  #read = 0;
  #refused = 0;
  #refusals: Refusal[] = [];

  constructor({ source, importId }: Origin) {
    this.#from = `${field(source)}\t${importId}`;
  }

  /** Whether {@link take} must be called before the next {@link add}. */
  get full(): boolean {
    return this.#size === PACKET || this.#lines.end >= MOST_BYTES;
  }

  add(entry: Entry<Charge>): void {
    this.#read++;
    if ('problem' in entry) return this.#refuse(entry.line, entry.problem);
    const charge = entry.row;
    const rowKey = this.#keyOf(charge);
    if (rowKey === null) return this.#refuse(entry.line, 'An earlier row of this file has the same key.');
    const contentHash = contentHashOf(charge);
    const row = this.#size++;
    const head = headOf(this.#nextId(), charge);
    this.#lines.add(`${head}${restOf(charge, { rowKey, contentHash, from: this.#from })}\n`);
    this.#ends[row] = this.#lines.end;
    this.#heads[row] = head.length;
    this.#numbers[row] = entry.line;
    this.#kindOf[row] = this.#placeOf(charge);
    this.#keys.push(rowKey);
    this.#hashes.push(contentHash);
  }

  /** What came since the last call; `next` is memory for what follows, from a packet that nobody needs any more. */
  take(next?: ArrayBuffer): Packet {
    const size = this.#size;
    const packet: Packet = {
      size, keys: this.#keys.join('\0'), hashes: this.#hashes.join(''), lines: this.#lines.take(next), ends: this.#ends.slice(0, size), heads: this.#heads.slice(0, size), numbers: this.#numbers.slice(0, size), kindOf: this.#kindOf.slice(0, size),
      kinds: this.#kinds, read: this.#read, refused: this.#refused, refusals: this.#refusals,
    };
    this.#size = this.#read = this.#refused = 0;
    this.#keys = [];
    this.#hashes = [];
    this.#kinds = [];
    this.#places.clear();
    this.#refusals = [];
    return packet;
  }

  #refuse(line: number, reason: string): void {
    this.#refused++;
    if (this.#told++ < MOST_REFUSALS) this.#refusals.push({ line, reason });
  }

  /** The key of a row within its source: the provider's own, or what identifies it with a number for those that are alike; null when the provider's was met before. */
  #keyOf(charge: Charge): string | null {
    const identity = identityOf(charge);
    const before = this.#met.next(identity);
    if (charge.key !== null) return before === 0 ? charge.key : null;
    // the day first: rows of one day stand together in the index, whatever their hashes
    return `${charge.chargePeriodStart.slice(0, 10)}/${identity.toString('base64url')}${before === 0 ? '' : `/${before}`}`;
  }

  #placeOf(charge: Charge): number {
    const kind: Kind = { ...attributedBy(charge), day: charge.chargePeriodStart.slice(0, 10), month: charge.billingPeriodStart.slice(0, 7) };
    const name = JSON.stringify(kind);
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.#kinds.push(kind) - 1;
      this.#places.set(name, place);
    }
    return place;
  }
}

/** The packet of charges that are there already. */
export function packetOf(origin: Origin, charges: readonly Charge[]): Packet {
  const packer = new Packer(origin);
  for (const [index, row] of charges.entries()) packer.add({ line: index + 1, row });
  return packer.take();
}

/** Keys of the rows, in their order. */
export function keysOf({ size, keys }: Packet): string[] {
  return size === 0 ? [] : keys.split('\0');
}

/** Hashes of the rows' contents, in their order. */
export function hashesOf({ size, hashes }: Packet): string[] {
  return Array.from({ length: size }, (_, row) => hashes.slice(row * HASH_LENGTH, (row + 1) * HASH_LENGTH));
}

/** Where the line of a row begins. */
export function startOf({ ends }: Packet, row: number): number {
  return row === 0 ? 0 : ends[row - 1]!;
}

/** The line of a row, without its line break. */
export function lineAt(packet: Packet, row: number): string {
  return Buffer.from(packet.lines.buffer, startOf(packet, row), packet.ends[row]! - startOf(packet, row) - 1).toString();
}
