// Charges in packets: what a transaction writes, in a shape that costs little to hand from the thread that reads to the one that writes.
import { attributedBy, type AttributedBy } from '../attribution/match.ts';
import type { Charge, Entry } from './entry.ts';
import { contentHashOf, identityOf, Occurrences } from './identity.ts';
import { lineOf } from './line.ts';

/** A row that was refused. */
export interface Refusal {
  readonly line: number;
  readonly reason: string;
}

/** What many rows have in common: the month that they were billed for, and all that decides to whom they belong. */
export interface Kind extends AttributedBy {
  readonly month: string;
}

/** Charges with their keys, which differ from each other. Texts of many rows are one text: a thousand short ones cost more to hand on. */
export interface Packet {
  /** By row, divided by NUL, which no key has. */
  readonly keys: string;
  /** By row, one behind the other, HASH_LENGTH each. */
  readonly hashes: string;
  /** By row, divided by line breaks; see line.ts. */
  readonly lines: string;
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
/** Refusals that are told; more are counted. */
export const MOST_REFUSALS = 1_000;
export const HASH_LENGTH = 43;

/** Puts the entries of one file, in their order, into packets. */
export class Packer {
  readonly #met = new Occurrences();
  #told = 0;
  #keys: string[] = [];
  #hashes = '';
  #lines: string[] = [];
  #kindOf = new Uint16Array(PACKET);
  #kinds: Kind[] = [];
  #places = new Map<string, number>();
  #read = 0;
  #refused = 0;
  #refusals: Refusal[] = [];

  /** Whether {@link take} must be called before the next {@link add}. */
  get full(): boolean {
    return this.#keys.length === PACKET;
  }

  add(entry: Entry<Charge>): void {
    this.#read++;
    if ('problem' in entry) return this.#refuse(entry.line, entry.problem);
    const charge = entry.row;
    const key = this.#keyOf(charge);
    if (key === null) return this.#refuse(entry.line, 'An earlier row of this file has the same key.');
    this.#kindOf[this.#keys.length] = this.#placeOf(charge);
    this.#keys.push(key);
    this.#hashes += contentHashOf(charge);
    this.#lines.push(lineOf(charge, key));
  }

  /** What came since the last call. */
  take(): Packet {
    const packet: Packet = { keys: this.#keys.join('\0'), hashes: this.#hashes, lines: this.#lines.join('\n'), kindOf: this.#kindOf.slice(0, this.#keys.length), kinds: this.#kinds, read: this.#read, refused: this.#refused, refusals: this.#refusals };
    this.#keys = [];
    this.#hashes = '';
    this.#lines = [];
    this.#kinds = [];
    this.#places.clear();
    this.#read = this.#refused = 0;
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

/** The rows of a packet, one by one. */
export function rowsOf({ keys, hashes, lines, kindOf }: Packet): { readonly key: string; readonly hash: string; readonly line: string; readonly kind: number }[] {
  if (kindOf.length === 0) return [];
  const each = lines.split('\n');
  return keys.split('\0').map((key, index) => ({ key, hash: hashes.slice(index * HASH_LENGTH, (index + 1) * HASH_LENGTH), line: each[index]!, kind: kindOf[index]! }));
}

/** The packet of charges that are there already; none has the key of another. */
export function packetOf(charges: readonly Charge[]): Packet {
  const packer = new Packer();
  for (const [index, row] of charges.entries()) packer.add({ line: index + 1, row });
  return packer.take();
}
