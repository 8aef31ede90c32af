import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AUDIT_GENESIS, auditHash, type AuditLink } from './audit.ts';
import { verifyChain, type ChainBreak, type ChainPoint } from './audit-chain.ts';

type Event = AuditLink & { readonly hash: string };

/** A chain as the hub writes it. */
function chainOf(length: number): Event[] {
  const events: Event[] = [];
  for (let sequence = 1; sequence <= length; sequence++) {
    const link = { sequence, at: '2026-03-02T09:30:00.000Z', actor: 'ada', action: 'placeHold', packageId: null, data: { sequence }, previous: events.at(-1)?.hash ?? AUDIT_GENESIS };
    events.push({ ...link, hash: auditHash(link) });
  }
  return events;
}
/** The same event with its hash computed anew, as somebody would who knows how. */
const sealed = (event: Event): Event => ({ ...event, hash: auditHash(event) });
const pointOf = (event: Event | undefined): ChainPoint => ({ sequence: Number(event?.sequence ?? 0), hash: event?.hash ?? AUDIT_GENESIS });

function verified(events: readonly Event[], options: Parameters<typeof verifyChain>[0] & { readonly head?: ChainPoint | null } = {}): ChainBreak | null {
  const chain = verifyChain(options);
  for (const event of events) {
    const broken = chain.add(event);
    if (broken !== null) return broken;
  }
  return chain.end(options.head === undefined ? pointOf(events.at(-1)) : options.head);
}

const CHAIN = chainOf(9);
const changed = (index: number, change: Partial<Event>, seal = false): Event[] => CHAIN.map((event, at) => (at !== index ? event : seal ? sealed({ ...event, ...change }) : { ...event, ...change }));

test('a whole chain is right, from any event on, with any checkpoint of it', () => {
  for (let from = 1; from <= 10; from++) {
    for (const pinned of [undefined, ...CHAIN.slice(Math.max(from - 2, 0)).map(pointOf)]) expect(verified(CHAIN.slice(from - 1), { from, pinned, head: pointOf(CHAIN.at(-1)) })).toBeNull();
  }
  expect(verified([], { head: pointOf(undefined) })).toBeNull();
});

test('no event can be changed, moved, left out or put in unseen', () => {
  fc.assert(fc.property(fc.nat({ max: 8 }), fc.constantFrom<Partial<Event>>({ at: '2026-03-02T09:30:00.001Z' }, { actor: 'bob' }, { action: 'x' }, { packageId: 'p' }, { data: {} }, { previous: 'f'.repeat(64) }, { hash: 'f'.repeat(64) }), (index, change) => {
    expect(verified(changed(index, change), { head: pointOf(CHAIN.at(-1)) })).toMatchObject({ sequence: index + 1 });
  }));
  fc.assert(fc.property(fc.nat({ max: 8 }), (index) => {
    // sealed anew, the next one no longer follows; of the last, the end tells
    expect(verified(changed(index, { actor: 'bob' }, true), { head: pointOf(CHAIN.at(-1)) })).toMatchObject({ sequence: index === 8 ? 9 : index + 2 });
    expect(verified(CHAIN.toSpliced(index, 1), { head: pointOf(CHAIN.at(-1)) })).toMatchObject({ sequence: index + 1 });
    expect(verified(CHAIN.toSpliced(index, 0, CHAIN[index]!), { head: pointOf(CHAIN.at(-1)) })).not.toBeNull();
  }));
  fc.assert(fc.property(fc.nat({ max: 8 }), fc.nat({ max: 8 }), (one, other) => {
    fc.pre(one < other);
    const swapped = CHAIN.with(one, CHAIN[other]!).with(other, CHAIN[one]!);
    expect(verified(swapped)).toMatchObject({ sequence: one + 1 });
    const renumbered = swapped.map((event, index) => ({ ...event, sequence: index + 1 }));
    expect(verified(renumbered)).toMatchObject({ sequence: one + 1 });
  }));
});

test('a chain that was cut off, or written anew, is found out by a checkpoint only', () => {
  const cut = CHAIN.slice(0, 6);
  expect(verified(cut)).toBeNull();
  expect(verified(cut, { head: pointOf(CHAIN.at(-1)) })).toMatchObject({ sequence: 7 });
  expect(verified(cut, { pinned: pointOf(CHAIN[8]) })).toEqual({ sequence: 7, message: 'Event 7 is missing: the chain ends with event 6, and the checkpoint is of event 9.' });
  const anew: Event[] = CHAIN.slice(0, 4);
  for (const event of CHAIN.slice(4)) anew.push(sealed({ ...event, actor: 'mallory', previous: anew.at(-1)!.hash }));
  expect(verified(anew)).toBeNull();
  expect(verified(anew, { pinned: pointOf(CHAIN[3]) })).toBeNull();
  for (const pinned of CHAIN.slice(4).map(pointOf)) expect(verified(anew, { pinned })).toMatchObject({ sequence: pinned.sequence });
  expect(verified(anew.slice(5), { from: 6, pinned: pointOf(CHAIN[4]) })).toMatchObject({ sequence: 6 });
  expect(verified([], { from: 8, pinned: pointOf(CHAIN[6]), head: pointOf(CHAIN[4]) })).toMatchObject({ sequence: 6 });
});

test('a chain that has lost its end, or is longer than it says, is broken', () => {
  expect(verified(CHAIN, { head: null })).toMatchObject({ sequence: 10 });
  expect(verified(CHAIN, { head: pointOf(CHAIN[7]) })).toMatchObject({ sequence: 8 });
});
