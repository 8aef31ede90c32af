import { definition as artifacts } from '@hubgraph/artifacts';
import { definition as contributions } from '@hubgraph/contributions';
import { definition as finance } from '@hubgraph/finance';
import { newId } from '@hubgraph/kit/ids';
import { definition as ops } from '@hubgraph/ops';
import { describe, expect, it } from 'vitest';
import { foreignItemOf, foreignRules } from '../../subgraphs/governance/src/lifecycle/foreign.ts';

// Every event of other hubs that is about something that a closing may wait for, in every state, by the catalogue of its own hub.
const subjects = { subject: 'SERVICE', service: 'core', workstream: 'CUST-WP-0025' };
const base = {
  alert: { dedupKey: 'k', severity: 'ERROR', title: 'Slow', ...subjects, count: 1, escalation: 0, suppressed: false },
  gate: { code: 'CUTOVER', service: 'core', workstream: 'CUST-WP-0025', missing: [] },
  service: { slug: 'core', name: 'Core', repo: 'core-hub', owner: 'jonas', tier: 'TIER_1' },
  contribution: { slug: 'EP-CUST-001', type: 'EP', targetOrg: 'o', targetRepo: 'r', workstream: 'CUST-WP-0025' },
  package: { producer: 'ci', subject: 'run', task: 'CUST-WP-0025-T01', retentionClass: 'transient', fileCount: 0, byteCount: 0 },
  commitment: { kind: 'SUBSCRIPTION', title: 'Hosting', budget: newId(), workstream: 'CUST-WP-0025' },
} as const;
type Noun = keyof typeof base;

const FACTS: Readonly<Record<Noun, object>> = {
  alert: { noun: 'Alert', title: 'Slow', workstream: 'CUST-WP-0025', service: 'core' },
  gate: { noun: 'Gate', code: 'CUTOVER', workstream: 'CUST-WP-0025', service: 'core' },
  service: { noun: 'Service', id: 'core', repo: 'core-hub' },
  contribution: { noun: 'Contribution', code: 'EP-CUST-001', workstream: 'CUST-WP-0025', service: null },
  package: { noun: 'ArtifactPackage', title: 'run', workstream: 'CUST-WP-0025', service: null },
  commitment: { noun: 'Commitment', workstream: 'CUST-WP-0025', service: null },
};

/** State by state: whether a closing waits. */
const WAITS: Readonly<Record<Exclude<Noun, 'service'>, Readonly<Record<string, boolean>>>> = {
  alert: { RAISED: true, ACKNOWLEDGED: true, RESOLVED: false },
  gate: { PENDING: true, READY: true, FAILED: true, PASSED: false, WAIVED: false },
  contribution: { DRAFT: true, SUBMITTED: true, ACKNOWLEDGED: true, ACCEPTED: true, REJECTED: false, MERGED: false, WITHDRAWN: false },
  package: { CREATED: true, UPLOADING: true, FINALIZED: false, FAILED: false, DELETED: false },
  commitment: { PROPOSED: true, PENDING: true, ACTIVE: false, EXHAUSTED: false, EXPIRED: false, CANCELED: false, SUPERSEDED: false },
};

const others = [ops, contributions, artifacts, finance];
const catalogues = others.flatMap(({ manifest, events, lifecycles }) => Object.entries(events.types).map(([name, type]) => ({ name, full: `org.${manifest.eventHub}.${name}`, schema: type.data, lifecycles })));
const ours = catalogues.filter(({ name }) => Object.keys(base).includes(name.split('.')[0]!));

const event = (type: string, data: object) => ({ specversion: '1.0' as const, id: newId(), source: '/hubs/x', type, subject: 'x/1', time: '2026-05-01T00:00:00.000Z', datacontenttype: 'application/json' as const, dataschema: '', actor: 'a', domain: 'custodian', data: data as Record<string, unknown> });

describe('what events of other hubs say of closings', () => {
  it('knows every event about these nouns, and no other', () => {
    expect(Object.keys(foreignRules).sort()).toEqual(ours.map(({ full }) => full).sort());
  });

  it('knows every state of their lifecycles', () => {
    const states = (noun: string) => others.flatMap(({ lifecycles }) => lifecycles).find(({ table }) => table.noun === noun)!.table.states;
    for (const [noun, of] of [['Alert', 'alert'], ['Gate', 'gate'], ['Contribution', 'contribution'], ['ArtifactPackage', 'package'], ['Commitment', 'commitment']] as const) expect(Object.keys(WAITS[of]).sort()).toEqual(Object.keys(states(noun)).sort());
  });

  describe.each(ours.map(({ name, full, schema }) => [name, full, schema] as const))('%s', (name, full, schema) => {
    const noun = name.split('.')[0] as Noun;
    it.each(noun === 'service' ? [['-', false]] as const : Object.entries(WAITS[noun]))(`in the state %s: waits is %s`, (to, waits) => {
      const data = schema.parse({ id: newId(), from: null, to, version: 1, ...base[noun] }) as object;
      expect(foreignItemOf(event(full, data))).toMatchObject({ ...FACTS[noun], waits, domain: 'custodian' });
    });
  });

  it('shows no more of a commitment than its id and state', () => {
    const id = newId();
    expect(foreignItemOf(event('org.finhub.commitment.signed', { id, to: 'PENDING', ...base.commitment }))).toMatchObject({ id, title: id, code: null });
    const { workstream: _, ...general } = base.commitment;
    expect(foreignItemOf(event('org.finhub.commitment.signed', { id, to: 'PENDING', ...general }))).toMatchObject({ workstream: null });
  });

  it('waits for what is in a state that it does not know, and refuses what it cannot read', () => {
    expect(foreignItemOf(event('org.opshub.alert.raised', { id: newId(), to: 'SHELVED', ...base.alert }))).toMatchObject({ waits: true });
    expect(foreignItemOf(event('org.opshub.risk.surfaced', {}))).toBeNull();
    expect(() => foreignItemOf(event('org.opshub.alert.raised', { id: 'x', to: 'RAISED', title: 'x' }))).toThrow();
  });
});
