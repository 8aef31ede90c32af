import { createChanges } from '@hubgraph/kit/change';
import { systemClock } from '@hubgraph/kit/clock';
import type { CloudEvent } from '@hubgraph/kit/events';
import { systemIdentity } from '@hubgraph/kit/identity';
import { newId } from '@hubgraph/kit/ids';
import type { Refused } from '@hubgraph/kit/refusal';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type FreshDatabase } from '../../../../test/harness/postgres.ts';
import { foldEvents } from '../consumer/fold.ts';
import { events } from '../events.ts';
import { foreign, openDatabase, type Database } from '../store/index.ts';
import type { Work } from './common.ts';
import { beginRebuild, finishRebuild, noteForeignGap, passForeign, rebuildForeign, stageItems, takeForeign } from './foreign.ts';

let fresh: FreshDatabase;
let database: Database;
let run: <Result extends object>(command: (work: Work) => Promise<Result | Refused>) => Promise<Result | null>;

beforeAll(async () => {
  fresh = await freshDatabase('governance');
  database = openDatabase(fresh.url, 4);
  const changes = createChanges({ transactor: database.transactor, catalogue: events, clock: systemClock, committed: () => undefined });
  run = async (command) => (await changes.run({ identity: systemIdentity('governance') }, { name: 'test', scopes: [['governance:write']], input: {} }, command)).result;
});
afterAll(async () => {
  await database.close();
  await fresh.drop();
});

const IDS = Array.from({ length: 4 }, () => newId());
const word = <const Words extends readonly string[]>(...words: Words) => fc.constantFrom(...words);
const place = { workstream: fc.option(word('A-WP-0001', 'A-WP-0002')), service: fc.option(word('core', 'other')) };
const said = fc.oneof(
  fc.record({ verb: fc.constant('opshub.alert.acknowledged'), data: fc.record({ id: word(...IDS), to: word('RAISED', 'ACKNOWLEDGED', 'RESOLVED'), title: word('x', 'y'), ...place }) }),
  fc.record({ verb: fc.constant('opshub.gate.updated'), data: fc.record({ id: word(...IDS), to: word('PENDING', 'PASSED', 'WAIVED'), code: word('G1', 'G2'), ...place }) }),
  fc.record({ verb: fc.constant('opshub.service.updated'), data: fc.record({ id: word(...IDS), slug: word('core', 'other'), name: word('x'), repo: fc.option(word('r1', 'r2')) }) }),
  fc.record({ verb: fc.constant('opshub.risk.surfaced'), data: fc.record({ id: word(...IDS) }) }),
);
type Said = typeof said extends fc.Arbitrary<infer Value> ? Value : never;
type Step =
  | { readonly do: 'tell'; readonly said: Said }
  | { readonly do: 'take' | 'gap'; readonly count: number }
  | { readonly do: 'redeliver'; readonly at: number }
  | { readonly do: 'reset' | 'begin' | 'read' | 'finish' | 'replay' };
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('tell' as const), said }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('take' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('redeliver' as const), at: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gap' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: word('begin', 'read', 'finish', 'replay') }) },
) as fc.Arbitrary<Step>;

it('comes to the same by following, with redeliveries and streams that begin anew, and by a rebuild at any time', { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
    await run(async (work) => (await foreign.clear(work.tx, 'ops'), await work.tx.query(`DELETE FROM "FollowedHub"`), await work.tx.query(`DELETE FROM "ForeignRebuild"`), {}));
    const log: CloudEvent[] = [];
    let epoch = newId();
    let position = 0;
    let rebuild: { id: string; epoch: string; position: number; read: boolean } | undefined;
    let gap = 0;
    const fold = (upTo = log.length) => {
      const folded = foldEvents();
      for (const event of log.slice(0, upTo)) folded.take(event);
      return folded.items();
    };
    /** As the follower does: what concerns nothing only moves the place. */
    const take = (at: number) => {
      const event = log[at - 1]!;
      const here = { hub: 'ops', epoch, position: at } as const;
      return event.type.includes('risk') ? run((work) => passForeign(work, here)) : run((work) => takeForeign(work, { ...here, event }));
    };
    const finish = async () => {
      const done = await run((work) => finishRebuild(work, { rebuild: rebuild!.id }));
      // a stream that began anew meanwhile makes what was read worthless; the next rebuild begins again
      expect(done === null).toBe(rebuild!.epoch !== epoch);
      // lists that were read before a gap do not fill it
      if (done !== null && gap <= rebuild!.position) gap = 0;
      rebuild = undefined;
    };
    const read = async () => {
      await run((work) => stageItems(work, { rebuild: rebuild!.id, items: fold() }));
      rebuild!.read = true;
    };
    const begin = async () => {
      rebuild = { id: (await run((work) => beginRebuild(work, { hub: 'ops' })))!.rebuild.id, epoch, position, read: false };
    };
    await run((work) => passForeign(work, { hub: 'ops', epoch, position: 0 }));
    for (const one of steps) {
      if (one.do === 'tell') log.push({ specversion: '1.0', id: newId(), source: '/hubs/ops', type: `org.${one.said.verb}`, subject: `thing/${one.said.data.id}`, time: new Date(1_750_000_000_000 + log.length * 1_000).toISOString(), datacontenttype: 'application/json', dataschema: '', actor: 'a', data: one.said.data });
      if (one.do === 'take') for (let left = one.count; left > 0 && position < log.length; left--) await take(++position);
      if (one.do === 'redeliver' && position > 0) await take(1 + (one.at % position));
      if (one.do === 'reset') {
        [epoch, position, gap] = [newId(), 0, 0];
        await run((work) => passForeign(work, { hub: 'ops', epoch, position: 0 }));
      }
      if (one.do === 'gap' && position + one.count <= log.length) {
        position += one.count;
        gap = position;
        await run((work) => noteForeignGap(work, { hub: 'ops', epoch, position, missed: one.count }));
      }
      if (one.do === 'begin') await begin();
      if (one.do === 'read' && rebuild !== undefined && !rebuild.read) await read();
      if (one.do === 'finish' && rebuild?.read) await finish();
      if (one.do === 'replay') {
        await run((work) => rebuildForeign(work, { hub: 'ops', epoch, position: log.length, items: fold() }));
        [position, gap] = [log.length, 0];
      }
    }
    while (position < log.length) await take(++position);
    if (gap > 0) {
      await begin();
      await read();
      await finish();
    }
    const sorted = (items: readonly object[]) => items.map((item) => JSON.stringify(item, Object.keys(item).sort())).sort();
    expect(sorted(await foreign.of(database.sql, 'ops'))).toEqual(sorted(fold()));
    expect(await database.sql.query(`SELECT 1 FROM "ForeignFault"`)).toEqual([]);
  }), { numRuns: 250 });
});

it('forgets what is not waited for any more, after a while', async () => {
  await run(async (work) => (await foreign.clear(work.tx, 'ops'), {}));
  const item = { noun: 'Alert', hub: 'ops', code: null, title: 'x', status: 'RAISED', workstream: null, service: null, domain: null, repo: null, since: new Date() } as const;
  await run(async (work) => {
    for (const [index, waits] of [true, false].entries()) await foreign.put(work.tx, { ...item, id: IDS[index]!, waits }, `alert/${IDS[index]}`, index + 1, work.now);
    expect(await foreign.forget(work.tx, new Date(work.now.getTime() - 1_000))).toBe(0);
    expect(await foreign.forget(work.tx, new Date(work.now.getTime() + 1_000))).toBe(1);
    expect(await foreign.of(work.tx, 'ops')).toHaveLength(1);
    return {};
  });
});
