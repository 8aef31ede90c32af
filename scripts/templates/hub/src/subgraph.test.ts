import { systemClock } from '@hubgraph/kit/clock';
import type { Hub } from '@hubgraph/kit/hub';
import { identityOf, type Identity } from '@hubgraph/kit/identity';
import { parse } from 'graphql';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, type FreshDatabase } from '../../../test/harness/postgres.ts';
import { definition } from './subgraph.ts';

let database: FreshDatabase;
let hub: Hub;
beforeAll(async () => {
  database = await freshDatabase('workshop');
  hub = await definition.create({ databaseUrl: database.url, cursorKeys: ['a key for cursors that is long enough'], clock: systemClock, log: pino({ level: 'silent' }), env: {} });
});
afterAll(async () => {
  await hub?.stop();
  await database?.drop();
});

const ada = identityOf({ sub: 'ada', roles: ['some role'], scopes: ['write:scope'] });

async function ask<Data>(text: string, variables: Record<string, unknown> = {}, identity: Identity = ada): Promise<Data> {
  const { data, errors } = await hub.execute({ document: parse(text), variables, identity });
  if (errors !== undefined) throw errors[0];
  return JSON.parse(JSON.stringify(data)) as Data;
}

interface Answer {
  gizmo: { id: string; status: string; version: number; outcome: string | null } | null;
  errors: { code: string; unmet?: { code: string }[] }[];
  events: { type: string }[];
}
const ANSWER = '{ gizmo { id status version outcome } errors { code ... on TransitionRefused { unmet { code } } } events { type } }';
const open = async (input: object) => (await ask<{ openGizmo: Answer }>(`mutation ($input: OpenGizmoInput!) { openGizmo(input: $input) ${ANSWER} }`, { input })).openGizmo;
const close = async (input: object) => (await ask<{ closeGizmo: Answer }>(`mutation ($input: CloseGizmoInput!) { closeGizmo(input: $input) ${ANSWER} }`, { input })).closeGizmo;
const outbox = (id: string) => database.sql.query<{ type: string }>(`SELECT "type" FROM "outbox" WHERE "aggregate" = $1 OR "event"->'data'->>'id' = $2 ORDER BY "id"`, [`gizmolower/${id}`, id]);

describe('the workshop hub', () => {
  it('opens and closes a gizmo, with history and events', async () => {
    const opened = await open({ title: 'A first one', domain: 'custodian' });
    expect(opened).toMatchObject({ gizmo: { status: 'OPEN', version: 1 }, errors: [], events: [{ type: 'org.workshophub.gizmolower.opened' }] });
    const id = opened.gizmo?.id as string;
    expect(await close({ id, outcome: 'It worked.', expectedVersion: 1 })).toMatchObject({ gizmo: { status: 'CLOSED', version: 2, outcome: 'It worked.' }, events: [{ type: 'org.workshophub.gizmolower.closed' }] });
    const { gizmo } = await ask<{ gizmo: object }>('query ($id: ID!) { gizmo(id: $id) { title domain { slug } history { verb from to actor } allowedTransitions { verb } } }', { id });
    expect(gizmo).toEqual({
      title: 'A first one', domain: { slug: 'custodian' }, allowedTransitions: [],
      history: [{ verb: 'openGizmo', from: null, to: 'OPEN', actor: 'ada' }, { verb: 'closeGizmo', from: 'OPEN', to: 'CLOSED', actor: 'ada' }],
    });
    expect((await outbox(id)).map((row) => row.type)).toEqual(['org.workshophub.gizmolower.opened', 'org.workshophub.gizmolower.closed']);
  });

  it('refuses with every reason, and writes nothing', async () => {
    const id = (await open({ title: 'Another' })).gizmo?.id as string;
    expect(await close({ id })).toMatchObject({ gizmo: null, errors: [{ code: 'TRANSITION_REFUSED', unmet: [{ code: 'OUTCOME_REQUIRED' }] }], events: [] });
    expect(await close({ id, outcome: 'x', expectedVersion: 7 })).toMatchObject({ gizmo: null, errors: [{ code: 'VERSION_CONFLICT' }] });
    expect(await close({ id: '018f0000-0000-7000-8000-000000000000', outcome: 'x' })).toMatchObject({ errors: [{ code: 'NOT_FOUND' }] });
    expect(await open({ title: ' ' })).toMatchObject({ errors: [{ code: 'INVALID_INPUT' }] });
    expect(await outbox(id)).toHaveLength(1);
  });

  it('tries without writing, and does nothing twice for one key', async () => {
    expect(await open({ title: 'Only tried', dryRun: true })).toMatchObject({ gizmo: { status: 'OPEN' }, events: [] });
    const first = await open({ title: 'Once', idempotencyKey: 'k1' });
    expect((await open({ title: 'Once', idempotencyKey: 'k1' })).gizmo?.id).toBe(first.gizmo?.id);
    const { gizmos } = await ask<{ gizmos: { nodes: { title: string }[] } }>('{ gizmos(first: 200) { nodes { title } } }');
    expect(gizmos.nodes.filter(({ title }) => title === 'Once')).toHaveLength(1);
    expect(gizmos.nodes.filter(({ title }) => title === 'Only tried')).toHaveLength(0);
  });

  it('lets one of many callers close it', async () => {
    const id = (await open({ title: 'Wanted by all' })).gizmo?.id as string;
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => close({ id, outcome: `by ${index}` })));
    expect(answers.filter((answer) => answer.gizmo !== null)).toHaveLength(1);
    expect(await outbox(id)).toHaveLength(2);
  });

  it('refuses who lacks the scope', async () => {
    const reader = identityOf({ sub: 'eve', roles: ['viewer'] });
    await expect(ask(`mutation { openGizmo(input: { title: "x" }) ${ANSWER} }`, {}, reader)).rejects.toMatchObject({ extensions: { code: 'FORBIDDEN' } });
  });

  it('resolves references of the other hubs', async () => {
    const id = (await open({ title: 'Referred to' })).gizmo?.id as string;
    const { _entities } = await ask<{ _entities: object[] }>('query ($of: [_Any!]!) { _entities(representations: $of) { ... on Gizmo { title } } }', { of: [{ __typename: 'Gizmo', id }, { __typename: 'Gizmo', id: 'no id' }] });
    expect(_entities).toEqual([{ title: 'Referred to' }, null]);
  });
});
