import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventPublisher, type EventPublisher } from '../../../test/harness/event-publisher.ts';
import { startEventGraph, testEventHubs, type EventGraph } from '../../../test/harness/event-graph.ts';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';

let nats: TestNats;
let publisher: EventPublisher;
let graph: EventGraph;

beforeAll(async () => {
  nats = await startNats();
  publisher = await eventPublisher(nats.url, testEventHubs);
  await publisher.createStream('governance');
  await publisher.createStream('ops');
  graph = await startEventGraph({ natsUrl: nats.url });
});
afterAll(async () => {
  await graph.stop();
  await publisher[Symbol.asyncDispose]();
  await nats.stop();
});
beforeEach(() => graph.reporter.forget());

const activated = (id: string, domain = 'custodian') => ({ type: 'org.statehub.workstream.activated', domain, data: { id, from: 'PROPOSED', to: 'ACTIVE' } });

describe('a live subscription', () => {
  it('answers an event with entities of two hubs', async () => {
    await using client = await graph.client();
    const watch = client.subscribe('subscription { changed: workstreamChanged { __typename id cursor type actor subject replayed domain { slug name } from to workstream { title openAlerts } } }');
    await graph.reporter.reported('subscription.ready');
    await publisher.publish('governance', activated('w1'));
    const { data, errors, extensions } = await watch.next();
    expect(errors).toBeUndefined();
    expect(data.changed).toMatchObject({
      __typename: 'WorkstreamEvent', type: 'org.statehub.workstream.activated', actor: 'tester', subject: 'thing/w1', replayed: false, from: 'PROPOSED', to: 'ACTIVE',
      domain: { slug: 'custodian', name: 'CUSTODIAN' }, workstream: { title: 'Workstream 1', openAlerts: 3 },
    });
    expect(data.changed.cursor).toBe(extensions.cursor);
  });
});
