import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALERT_SEVERITIES, type Alert } from '../model.ts';
import { escalatedTo, escalateMinutes, escalatesAt } from './escalation.ts';
import { asOf, hasLapsed, rankOf, silenceState } from './state.ts';

const at = (minutes: number) => new Date(Date.UTC(2026, 2, 2, 10, 0) + minutes * 60_000);
const alert = (more: Partial<Alert> = {}): Alert => ({
  id: '018f0000-0000-7000-8000-000000000000', dedupKey: 'k', status: 'RAISED', severity: 'ERROR', severityRank: 2, title: 't', detail: null, subject: 'SERVICE', service: 'core-hub', workstream: null, repo: null, domain: 'infotech', package: null, source: 's', labels: {},
  count: 1, firstAt: at(0), lastAt: at(0), owner: null, waitsSince: at(0), acknowledgedAt: null, acknowledgedUntil: null, escalation: 0, escalatedAt: null, escalatedTo: null, resolvedAt: null, resolvedBy: null, note: null, previousId: null, createdAt: at(0), updatedAt: at(0), version: 1, ...more,
});

describe('an acknowledgement', () => {
  const taken = alert({ status: 'ACKNOWLEDGED', owner: 'mara', acknowledgedAt: at(1), acknowledgedUntil: at(60), escalation: 2, escalatedAt: at(0), escalatedTo: 'steward' });
  it('holds until its end, and not at it', () => {
    expect(hasLapsed(taken, new Date(at(60).getTime() - 1))).toBe(false);
    expect(asOf(taken, at(59))).toBe(taken);
    expect(asOf(taken, at(60))).toMatchObject({ status: 'RAISED', owner: null, acknowledgedAt: null, acknowledgedUntil: null, waitsSince: at(60), escalation: 0, escalatedAt: null, escalatedTo: null, version: 1 });
  });
  it('lapses only while it is one', () => {
    expect(hasLapsed(alert(), at(99))).toBe(false);
    expect(hasLapsed({ ...taken, status: 'RESOLVED' }, at(99))).toBe(false);
  });
});

describe('a silence', () => {
  it('holds from its start to its end, and not at its end', () => {
    const silence = { startsAt: at(10), endsAt: at(20) };
    expect([at(9), new Date(at(10).getTime() - 1), at(10), new Date(at(20).getTime() - 1), at(20), at(21)].map((now) => silenceState(silence, now))).toEqual(['PENDING', 'PENDING', 'ACTIVE', 'ACTIVE', 'EXPIRED', 'EXPIRED']);
  });
  it('that was ended before it began is over', () => {
    expect(silenceState({ startsAt: at(10), endsAt: at(5) }, at(6))).toBe('EXPIRED');
  });
});

describe('escalation', () => {
  const minutes = escalateMinutes(['0', '1440', '60', '15']);
  it.each([['INFO', null], ['WARNING', 1440], ['ERROR', 60], ['CRITICAL', 15]] as const)('of %s takes its own time', (severity, expected) => {
    expect(escalatesAt(alert({ severity, severityRank: rankOf(severity) }), minutes)).toEqual(expected === null ? null : at(expected));
  });
  it('takes as long again for each level, three at most, and only while nobody has it', () => {
    expect(escalatesAt(alert({ escalation: 1, escalatedAt: at(61) }), minutes)).toEqual(at(121));
    expect(escalatesAt(alert({ escalation: 3, escalatedAt: at(61) }), minutes)).toBeNull();
    expect(escalatesAt(alert({ status: 'ACKNOWLEDGED' }), minutes)).toBeNull();
    expect(escalatesAt(alert({ status: 'RESOLVED' }), minutes)).toBeNull();
  });
  it('goes to whoever answers for the subject, then to the maintainer of the domain, then to the steward', () => {
    expect([1, 2, 3].map((level) => escalatedTo(level, alert(), 'jonas'))).toEqual(['jonas, owner of the service core-hub', 'maintainer of the domain infotech', 'steward']);
    expect(escalatedTo(1, alert(), null)).toBe('owner of the service core-hub');
    expect(escalatedTo(1, alert({ service: null, workstream: 'CUST-WP-0025' }), null)).toBe('owner of the workstream CUST-WP-0025');
    expect(escalatedTo(1, alert({ service: null, repo: 'warehouse' }), null)).toBe('maintainer of the repo warehouse');
    expect(escalatedTo(1, alert({ service: null }), null)).toBe('maintainer of the domain infotech');
    expect(escalatedTo(2, alert({ service: null, domain: null }), null)).toBe('maintainer');
  });
  it('is never due before the minutes of its severity are over', () => {
    fc.assert(fc.property(fc.constantFrom(...ALERT_SEVERITIES), fc.nat(5_000), fc.nat(2), (severity, waits, escalation) => {
      const due = escalatesAt(alert({ severity, waitsSince: at(waits), escalation, escalatedAt: escalation === 0 ? null : at(waits) }), minutes);
      expect(due === null).toBe(severity === 'INFO');
      if (due !== null) expect(due.getTime() - at(waits).getTime()).toBe(minutes[severity] * 60_000);
    }));
  });
});
