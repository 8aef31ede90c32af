import { afterAll, describe, expect, test } from 'vitest';
import { freshDatabase } from '../../test/harness/postgres.ts';
import { catalogue, recordThing } from '../../test/harness/outbox.ts';
import { newId } from './ids.ts';
import { MAX_EVENT_BYTES, recordEvents, type EventEntry } from './outbox.ts';

const database = await freshDatabase();
afterAll(database.drop);

const entry = (version: number, extra: object = {}): EventEntry => ({
  name: 'thing.changed', subject: 'thing/1', actor: 'ada', domain: 'custodian', time: new Date('2026-01-02T03:04:05.678Z'), data: { id: '1', version, ...extra },
});

describe('outbox', () => {
  test('a recorded event is a CloudEvent with everything that the catalogue knows', async () => {
    const [recorded] = await database.transactor.transaction((tx) => recordEvents(tx, catalogue, [{ ...entry(1), traceparent: '00-a-b-01' }]));
    const [row] = await database.sql.query<{ event: object }>('SELECT * FROM "outbox" WHERE "id" = $1', [recorded!.outboxId]);
    expect(row).toMatchObject({ pos: null, eventId: recorded!.id, type: 'org.testhub.thing.changed', aggregate: 'thing/1' });
    expect(row!.event).toEqual({
      specversion: '1.0', id: recorded!.id, source: '/hubs/kit', type: 'org.testhub.thing.changed', subject: 'thing/1', time: '2026-01-02T03:04:05.678Z',
      datacontenttype: 'application/json', dataschema: '/schema/events/org.testhub.thing.changed/1', actor: 'ada', domain: 'custodian', traceparent: '00-a-b-01',
      data: { id: '1', version: 1 },
    });
  });

  test('hundreds are recorded in the order given, by one statement', async () => {
    let statements = 0;
    const recorded = await database.transactor.transaction((tx) =>
      recordEvents({ ...tx, query: (text, params) => (statements++, tx.query(text, params)) }, catalogue, Array.from({ length: 500 }, (_, version) => entry(version))),
    );
    expect(statements).toBe(1);
    expect(recorded.map((event) => event.outboxId)).toEqual(recorded.map((_, index) => recorded[0]!.outboxId + index));
    const rows = await database.sql.query<{ version: number }>(`SELECT ("event"->'data'->>'version')::int AS "version" FROM "outbox" WHERE "id" >= $1 ORDER BY "id"`, [recorded[0]!.outboxId]);
    expect(rows.map((row) => row.version)).toEqual(recorded.map((_, index) => index));
  });

  test('data that does not fit, an unknown name and a large payload fail the transaction', async () => {
    const record = (bad: EventEntry) => database.transactor.transaction((tx) => recordEvents(tx, catalogue, [entry(1), bad]));
    const before = await database.sql.query('SELECT count(*) FROM "outbox"');
    await expect(record(entry('x' as never))).rejects.toThrow(/event thing.changed: version/);
    await expect(record({ ...entry(1), name: 'thing.lost' })).rejects.toThrow('there is no event thing.lost');
    await expect(record(entry(1, { note: 'x'.repeat(MAX_EVENT_BYTES) }))).rejects.toThrow(/at most 65536/);
    expect(await database.sql.query('SELECT count(*) FROM "outbox"')).toEqual(before);
  });

  test('what the schema does not name is left out', async () => {
    const recorded = await database.transactor.transaction((tx) => recordEvents(tx, catalogue, [entry(1, { secret: 'no' })]));
    const [row] = await database.sql.query<{ event: { data: object } }>('SELECT "event" FROM "outbox" WHERE "id" = $1', [recorded[0]!.outboxId]);
    expect(row!.event.data).toEqual({ id: '1', version: 1 });
  });

  test('one at a time is the same', async () => {
    const recorded = await database.transactor.transaction((tx) => recordThing(tx, newId(), 1));
    expect(recorded).toEqual({ id: expect.any(String) as string, type: 'org.testhub.thing.changed', outboxId: expect.any(Number) as number });
  });
});
