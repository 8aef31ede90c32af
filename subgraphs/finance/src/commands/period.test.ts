import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChanges } from '@hubgraph/kit/change';
import { heldClock } from '@hubgraph/kit/clock';
import { systemIdentity } from '@hubgraph/kit/identity';
import { until } from '../../../../test/harness/until.ts';
import { events } from '../events.ts';
import { allocator, startFinance, steward, viewer, type FinanceTest } from './finance.fixture.ts';
import { holdMonths } from './period.ts';

let finance: FinanceTest;
const clock = heldClock('2026-03-10T10:00:00Z');
beforeAll(async () => {
  finance = await startFinance(clock);
});
afterAll(() => finance[Symbol.asyncDispose]());

const types = (answer: Record<string, any>) => answer.events.map(({ type }: any) => type.replace('org.finhub.', ''));

describe('a billing period', () => {
  it('is opened once, closed when it is over, and reopened by a steward with a reason', async () => {
    const opened = await finance.done('openPeriod', { month: '2026-01' });
    expect([opened.period, types(opened)]).toMatchObject([{ month: '2026-01', start: '2026-01-01', end: '2026-02-01', status: 'OPEN', version: 1, allowedTransitions: [{ verb: 'closePeriod', allowed: true }] }, ['period.opened']]);
    expect(await finance.refused('openPeriod', { month: '2026-01' })).toMatchObject([{ __typename: 'Duplicate', existingId: opened.period.id }]);
    const closed = await finance.done('closePeriod', { month: '2026-01' });
    expect([closed.period, types(closed)]).toMatchObject([{ status: 'CLOSED', closedAt: '2026-03-10T10:00:00.000Z', closedBy: 'allocator', version: 2 }, ['period.closed']]);
    expect(await finance.refused('closePeriod', { month: '2026-01' })).toMatchObject([{ unmet: [{ code: 'WRONG_STATE' }] }]);
    expect(await finance.refused('reopenPeriod', { month: '2026-01' }, steward)).toMatchObject([{ unmet: [{ code: 'REASON_REQUIRED' }] }]);
    await expect(finance.refused('reopenPeriod', { month: '2026-01', reason: 'x' }, allocator)).rejects.toThrow(/periods:reopen/);
    await expect(finance.refused('closePeriod', { month: '2026-01' }, viewer)).rejects.toThrow(/finance:write/);
    expect((await finance.done('reopenPeriod', { month: '2026-01', reason: 'late invoice' }, steward)).period).toMatchObject({ status: 'OPEN', closedAt: null, closedBy: null, reason: 'late invoice', history: [{ verb: 'openPeriod' }, { verb: 'closePeriod' }, { verb: 'reopenPeriod', note: 'late invoice' }] });
  });

  it('is refused for what is no month, is not there or not over', async () => {
    expect(await finance.refused('openPeriod', { month: '2026-13' })).toMatchObject([{ path: ['input', 'month'] }]);
    expect(await finance.refused('closePeriod', { month: '2026-3' })).toMatchObject([{ path: ['input', 'month'] }]);
    expect(await finance.refused('reopenPeriod', { month: '2020-01', reason: 'x' }, steward)).toMatchObject([{ __typename: 'NotFound' }]);
    expect(await finance.refused('closePeriod', { month: '2026-03' })).toMatchObject([{ unmet: [{ code: 'PERIOD_NOT_OVER' }] }]);
    expect((await finance.ask('{ billingPeriod(month: "2026-03") { id } }')).billingPeriod).toBeNull();
    expect((await finance.done('closePeriod', { month: '2026-02', dryRun: true })).events).toEqual([]);
    expect(types(await finance.done('closePeriod', { month: '2026-02' }))).toEqual(['period.opened', 'period.closed']);
    expect(await finance.refused('reopenPeriod', { month: '2026-02', reason: 'x', expectedVersion: 9 }, steward)).toMatchObject([{ __typename: 'VersionConflict', actual: 2 }]);
  });

  it('is not closed while its charges are to be allocated anew', async () => {
    await finance.done('openPeriod', { month: '2025-11' });
    await finance.charge({ domain: 'infotech', month: '2025-11', amount: '1' });
    await finance.database.sql.query(`INSERT INTO "Reallocation" ("month", "pass", "requestedBy", "requestedAt") VALUES ('2025-11', 1, 'me', now())`);
    expect((await finance.ask('{ billingPeriod(month: "2025-11") { allowedTransitions { verb allowed unmet { code } } } }')).billingPeriod.allowedTransitions).toEqual([{ verb: 'closePeriod', allowed: false, unmet: [{ code: 'REALLOCATION_PENDING' }] }]);
    expect(await finance.refused('closePeriod', { month: '2025-11' })).toMatchObject([{ __typename: 'TransitionRefused', unmet: [{ code: 'REALLOCATION_PENDING' }] }]);
    await finance.run('reallocate');
    await finance.done('closePeriod', { month: '2025-11' });
  });

  it('closes on one side of each rule that changes at the same time', async () => {
    for (let turn = 0; turn < 6; turn++) {
      const month = `2024-0${turn + 1}`;
      await finance.done('openPeriod', { month });
      await finance.charge({ domain: 'infotech', month, amount: '1' });
      const [errors] = await Promise.all([
        finance.refused('closePeriod', { month }),
        finance.ask(`mutation { answer: addAttributionRule(input: { name: "race ${turn}", kind: TAG, match: { tag: "t" }, targets: [{ domain: "other" }] }) { errors { code } } }`),
      ]);
      const noted = (await finance.database.sql.query(`SELECT 1 AS "one" FROM "Reallocation" WHERE "month" = $1`, [month])).length > 0;
      if (errors.length > 0) expect(errors).toMatchObject([{ unmet: [{ code: 'REALLOCATION_PENDING' }] }]);
      // a closed month that is noted would wait for ever, and its rows would not follow the rule
      else expect(noted).toBe(false);
    }
  });

  it('closes after what is being written into it, and what comes later sees it closed', async () => {
    clock.set('2026-06-01T00:00:00Z');
    const changes = createChanges({ transactor: finance.database.transactor, catalogue: events, clock, committed: () => {} });
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const seen: string[] = [];
    const system = { identity: systemIdentity('finance') };
    const verb = { name: 'test', scopes: [], input: {} };
    const writing = changes.run(system, verb, async (work) => {
      seen.push((await holdMonths(work, ['2026-05', '2026-04', '2026-05'])).get('2026-05')!.status);
      await mayEnd;
      seen.push('written');
      return {};
    });
    await until('the month is held', () => seen.length === 1);
    const closing = finance.done('closePeriod', { month: '2026-05' }).then(() => seen.push('closed'));
    await until('the closing waits', async () => (await finance.database.sql.query(`SELECT 1 AS "one" FROM pg_stat_activity WHERE "datname" = current_database() AND "wait_event_type" = 'Lock'`)).length > 0);
    end();
    await Promise.all([writing, closing]);
    await changes.run(system, verb, async (work) => {
      seen.push((await holdMonths(work, ['2026-05'])).get('2026-05')!.status);
      return {};
    });
    expect(seen).toEqual(['OPEN', 'written', 'closed', 'CLOSED']);
    expect((await finance.ask('{ billingPeriods(filter: { since: "2026-02", before: "2026-05", statuses: [OPEN, CLOSED] }, orderBy: MONTH) { totalCount nodes { month } } }')).billingPeriods).toEqual({ totalCount: 2, nodes: [{ month: '2026-02' }, { month: '2026-04' }] });
  });
});
