import { createRevocationList, type Revocation } from '@hubgraph/kit/identity/revocations';
import { systemClock } from '@hubgraph/kit/clock';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventPublisher, type EventPublisher } from '../../../test/harness/event-publisher.ts';
import { activated, billPaid, credentials, progressRecorded, startEventGraph, testEventHubs, type EventGraph, type EventGraphOptions } from '../../../test/harness/event-graph.ts';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';
import type { TestClient } from '../../../test/harness/subscriber.ts';
import { revoked } from '../revocation/revocations.ts';
import type { Revoked } from './tenure.ts';

let nats: TestNats;
let publisher: EventPublisher;

beforeAll(async () => {
  nats = await startNats();
  publisher = await eventPublisher(nats.url, testEventHubs);
  await publisher.createStream('governance');
  await publisher.createStream('ops');
});
afterAll(async () => {
  await publisher[Symbol.asyncDispose]();
  await nats.stop();
});

async function start(options: EventGraphOptions = {}): Promise<EventGraph> {
  const graph = await startEventGraph({ natsUrl: nats.url, ...options });
  onTestFinished(() => graph.stop());
  return graph;
}

const watch = 'subscription($after: EventCursor) { workstreamChanged(after: $after) { workstream { id } } }';
const everything = 'subscription($after: EventCursor) { hubEvents(types: ["org.>"], after: $after) { type } }';
const idOf = (answer: any): string => answer.data.workstreamChanged.workstream.id;
const typeOf = (answer: any): string => answer.data.hubEvents.type;
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

async function renew(client: TestClient, facts: Parameters<typeof credentials>[0]): Promise<any> {
  client.send({ type: 'ping', payload: { authorization: credentials(facts) } });
  const pong = await client.message();
  expect(pong.type).toBe('pong');
  return pong.payload;
}

describe('a renewal in place', () => {
  it('lets subscriptions go on beyond the end of the first token, after a warning', async () => {
    const graph = await start({ settings: { HUBGRAPH_TOKEN_WARNING: '1000' } });
    const expiresAt = inSeconds(3);
    await using client = await graph.client({ expiresAt });
    const live = client.subscribe(watch);
    await graph.reporter.reported('subscription.ready');
    expect(await client.message()).toEqual({ type: 'ping', payload: { expiresAt: new Date(expiresAt * 1_000).toISOString() } });
    expect(Date.now()).toBeLessThan(expiresAt * 1_000);
    const later = inSeconds(4);
    expect(await renew(client, { expiresAt: later })).toEqual({ renewed: true, expiresAt: new Date(later * 1_000).toISOString() });
    // warned again means that the first end has passed
    await client.message();
    await publisher.publish('governance', activated('w1'));
    expect(idOf(await live.next())).toBe('w1');
    expect((await live.error())[0].extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'expired' });
    expect((await client.closed).code).toBe(4440);
    expect(Date.now()).toBeGreaterThanOrEqual(later * 1_000);
  });

  it.each([
    ['another subject', { sub: 'eve' }, 'subject'],
    ['a token that has ended', { expiresAt: inSeconds(-10) }, 'invalid'],
  ])('is refused to %s, and changes nothing', async (_name, facts, reason) => {
    const graph = await start();
    await using client = await graph.client({ expiresAt: inSeconds(600) });
    const live = client.subscribe(watch);
    await graph.reporter.reported('subscription.ready');
    expect(await renew(client, facts)).toEqual({ renewed: false, reason });
    client.send({ type: 'ping', payload: { authorization: 'Bearer !' } });
    expect((await client.message()).payload).toEqual({ renewed: false, reason: 'invalid' });
    await publisher.publish('governance', activated('w2'));
    expect(idOf(await live.next())).toBe('w2');
  });

  it('with more rights shows more at once, under new cursors, and doubles nothing', async () => {
    const graph = await start();
    await using client = await graph.client({ expiresAt: inSeconds(600) });
    const live = client.subscribe(everything, {}, { id: 'all' });
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', progressRecorded('p1'));
    expect(typeOf(await live.next())).toBe('org.statehub.progress.recorded');
    const rich = { roles: ['allocator'] as const, expiresAt: inSeconds(900) };
    const { renewed, cursors } = await renew(client, { ...rich, roles: [...rich.roles] });
    expect(renewed).toBe(true);
    await publisher.publish('ops', billPaid('b1'));
    expect(typeOf(await live.next())).toBe('org.opshub.bill.paid');
    await client.close();
    await using again = await graph.client({ ...rich, roles: [...rich.roles] });
    expect(typeOf(await again.subscribe(everything, { after: cursors.all }).next())).toBe('org.opshub.bill.paid');
  });

  it('with fewer rights ends what those do not allow, with a cursor for whoever has them again', async () => {
    const graph = await start();
    const rich = { roles: ['allocator' as const] };
    await using client = await graph.client(rich);
    const bills = client.subscribe('subscription($after: EventCursor) { hubEvents(types: ["org.opshub.bill.*"], after: $after) { type } }');
    const live = client.subscribe(watch);
    await graph.reporter.reported('subscription.ready', {}, 2);
    expect((await renew(client, { roles: ['viewer'] })).renewed).toBe(true);
    const [error] = await bills.error();
    expect(error.extensions).toMatchObject({ code: 'FORBIDDEN', missingScopes: ['finance:read'], cursor: expect.any(String) });
    await publisher.publish('ops', billPaid('b2'));
    await publisher.publish('governance', activated('w3'));
    expect(idOf(await live.next())).toBe('w3');
    await using again = await graph.client(rich);
    expect(typeOf(await again.subscribe('subscription($after: EventCursor) { hubEvents(types: ["org.opshub.bill.*"], after: $after) { type } }', { after: error.extensions.cursor }).next())).toBe('org.opshub.bill.paid');
  });
});

describe('a revocation', () => {
  const made = (facts: Partial<Revocation>): Revocation => ({ kind: 'subject', name: 'ada', until: inSeconds(600), at: new Date().toISOString(), by: 'op', ...facts });
  const service = () => {
    const list = createRevocationList(systemClock);
    const revocations: Revoked = {
      onRevoked: (listener) => list.onPut(listener),
      check(identity) {
        if (list.of(identity)) throw revoked();
      },
    };
    return { list, revocations };
  };

  it.each<[string, Partial<Revocation>]>([
    ['a subject', {}],
    ['older tokens of a subject', { before: inSeconds(0) }],
    ['one token', { kind: 'token', name: 't1' }],
    ['a login', { kind: 'session', name: 's1' }],
  ])('of %s cuts whom it covers, without a cursor, and nobody else', async (_name, facts) => {
    const { list, revocations } = service();
    const graph = await start({ revocations });
    const mine = { sub: 'ada', issuedAt: inSeconds(-600), tokenId: 't1', session: 's1' };
    await using covered = await graph.client(mine);
    await using other = await graph.client({ sub: 'eve', issuedAt: inSeconds(-10), tokenId: 't2', session: 's2' });
    const ended = covered.subscribe(watch);
    const live = other.subscribe(watch);
    await graph.reporter.reported('subscription.ready', {}, 2);
    list.put(made(facts));
    const [error] = await ended.error();
    expect(error.extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'revoked' });
    expect(await covered.closed).toEqual({ code: 4441, reason: 'Token revoked' });
    await publisher.publish('governance', activated('w4'));
    expect(idOf(await live.next())).toBe('w4');
    await using refused = await graph.client(mine).catch((closed: unknown) => ({ closed, async [Symbol.asyncDispose]() {} }));
    expect(String((refused as { closed: unknown }).closed)).toContain('4403');
  });

  it('refuses to renew with a token that it covers, and lets newer ones be', async () => {
    const { list, revocations } = service();
    const graph = await start({ revocations });
    await using client = await graph.client({ tokenId: 'new', issuedAt: inSeconds(5) });
    list.put(made({ kind: 'token', name: 'old' }));
    list.put(made({ before: inSeconds(0) }));
    expect(await renew(client, { tokenId: 'old', issuedAt: inSeconds(5) })).toEqual({ renewed: false, reason: 'revoked' });
    expect(await renew(client, { tokenId: 'older', issuedAt: inSeconds(-5) })).toEqual({ renewed: false, reason: 'revoked' });
    expect((await renew(client, { tokenId: 'newer', issuedAt: inSeconds(6) })).renewed).toBe(true);
  });
});
