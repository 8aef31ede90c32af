import { describe, expect, it } from 'vitest';
import { identityOf, ROLES } from '@hubgraph/kit/identity';
import type { Lifecycle } from '@hubgraph/kit/lifecycle';
import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { PACKAGE_STATUSES, RETENTION_CLASSES, type PackageStatus } from '../model.ts';
import { packageLifecycle, PATIENCE, type PackageFacts } from './package.ts';

const now = new Date('2026-03-02T10:00:00Z');
const at = (offset: number) => new Date(now.getTime() + offset);
const base: PackageFacts = {
  now, class: 'raw-evidence', shortenable: true, expiresAt: at(10), failedAt: at(-1), fileCount: 1, incomplete: [], incompleteCount: 0, metadataProblems: [], digestMismatch: null, holds: [], reason: 'because', until: null,
};
type Verb = (typeof packageLifecycle.table.rows)[number]['verb'];

/** The lifecycle as if it had these verbs only: guards of different verbs look at the same dates, and the contract wants facts that do not touch. */
function only(...verbs: Verb[]): Lifecycle<PackageStatus, Verb, PackageFacts> {
  const { table } = packageLifecycle;
  return {
    ...packageLifecycle,
    table: { ...table, rows: table.rows.filter((row) => verbs.includes(row.verb)) },
    allowed: (...asked) => packageLifecycle.allowed(...asked).filter((move) => verbs.includes(move.verb as Verb)),
  };
}
const REASON_REQUIRED = { met: { reason: 'because' }, unmet: { reason: ' ' } };

lifecycleContract('ArtifactPackage, until it is finalized', only('requestUpload', 'finalizeArtifactPackage', 'failArtifactPackage', 'resumeArtifactPackage'), base, {
  FILES_REQUIRED: { met: { fileCount: 1 }, unmet: { fileCount: 0 } },
  FILES_INCOMPLETE: { met: { incompleteCount: 0, incomplete: [] }, unmet: { incompleteCount: 2, incomplete: ['a.txt', 'b.txt'] } },
  METADATA_INVALID: { met: { metadataProblems: [] }, unmet: { metadataProblems: ['/run_id is missing.', '/x is not known.'] } },
  DIGEST_MISMATCH: { met: { digestMismatch: null }, unmet: { digestMismatch: { claimed: `blake3:${'a'.repeat(64)}`, actual: `blake3:${'b'.repeat(64)}` } } },
  RESUME_TOO_LATE: { met: { failedAt: at(1 - PATIENCE) }, unmet: { failedAt: at(-PATIENCE) } },
  REASON_REQUIRED,
});
lifecycleContract('ArtifactPackage, kept longer', only('extendRetention'), { ...base, until: at(11) }, {
  REASON_REQUIRED,
  PERMANENT_RECORD: { met: { class: 'raw-evidence' }, unmet: { class: 'permanent-record' } },
  LATER_DATE_REQUIRED: { met: { until: at(11) }, unmet: { until: at(10) } },
});
lifecycleContract('ArtifactPackage, kept shorter', only('shortenRetention'), { ...base, until: at(0) }, {
  REASON_REQUIRED,
  CLASS_FIXED: { met: { shortenable: true }, unmet: { shortenable: false } },
  EARLIER_DATE_REQUIRED: { met: { until: at(0) }, unmet: { until: at(-1) } },
});

describe('deleting a package, exhausted', () => {
  it.each(PACKAGE_STATUSES)('of the state %s', (state) => {
    for (const kept of RETENTION_CLASSES) for (const expiresAt of [null, at(0), at(1)]) for (const holds of [[], ['a', 'b']]) for (const reason of [null, ' ', 'because']) for (const role of ROLES) {
      const decided = packageLifecycle.decide('deleteArtifactPackage', state, { ...base, class: kept, expiresAt, holds, reason }, identityOf({ sub: 'someone', roles: [role] }));
      const label = `${kept} until ${expiresAt?.toISOString()} with ${holds.length} holds for ${role} because ${reason}`;
      if (state === 'DELETED') {
        expect(decided, label).toMatchObject({ moved: false, to: null, unmet: [{ code: 'WRONG_STATE' }] });
        continue;
      }
      const permanent = kept === 'permanent-record';
      const may = state === 'FINALIZED' ? ['operator', 'system'] : ['author', 'maintainer', 'operator', 'system'];
      const expected = [
        ...(may.includes(role) ? [] : ['ROLE_REQUIRED']),
        ...(reason?.trim() ? [] : ['REASON_REQUIRED']),
        ...(state !== 'FINALIZED' ? [] : permanent ? ['PERMANENT_RECORD'] : expiresAt === null || expiresAt > now ? ['NOT_EXPIRED'] : []),
        ...(holds.length > 0 ? ['HELD'] : []),
      ];
      expect(decided.moved ? [] : decided.unmet.map(({ code }) => code), label).toEqual(expected);
      expect(decided, label).toMatchObject({ moved: expected.length === 0, to: 'DELETED' });
    }
  });
});

it.each<[string, Partial<PackageFacts>, 'extendRetention' | 'shortenRetention', string[]]>([
  ['extends nothing that has no end', { expiresAt: null, until: at(1) }, 'extendRetention', ['LATER_DATE_REQUIRED']],
  ['shortens what has no end, if its class lets it', { expiresAt: null, until: at(1) }, 'shortenRetention', []],
  ['shortens to now, but not into the past', { until: at(-1) }, 'shortenRetention', ['EARLIER_DATE_REQUIRED']],
  ['does not shorten to the same date', { until: at(10) }, 'shortenRetention', ['EARLIER_DATE_REQUIRED']],
  ['extends what has ended already', { expiresAt: at(-5), until: at(-4) }, 'extendRetention', []],
  ['lists every reason why it does not shorten', { until: null, shortenable: false, reason: null }, 'shortenRetention', ['REASON_REQUIRED', 'CLASS_FIXED', 'EARLIER_DATE_REQUIRED']],
])('%s', (_name, facts, verb, expected) => {
  const decided = packageLifecycle.decide(verb, 'FINALIZED', { ...base, ...facts }, identityOf({ sub: 'someone', roles: ['system'] }));
  expect(decided.moved ? [] : decided.unmet.map(({ code }) => code)).toEqual(expected);
});

it('names files, holds and both digests', () => {
  const refused = packageLifecycle.decide('finalizeArtifactPackage', 'UPLOADING', { ...base, incompleteCount: 1, incomplete: ['a.txt'], digestMismatch: { claimed: 'blake3:a', actual: 'blake3:b' } }, identityOf({ sub: 'someone', roles: ['author'] }));
  expect(refused).toMatchObject({ unmet: [{ message: '1 of 1 files are not complete.', refs: ['a.txt'] }, { message: 'The manifest digest is blake3:b; blake3:a was claimed.' }] });
  expect(packageLifecycle.decide('deleteArtifactPackage', 'FINALIZED', { ...base, expiresAt: at(0), holds: ['h1', 'h2'] }, identityOf({ sub: 'someone', roles: ['operator'] }))).toMatchObject({ unmet: [{ code: 'HELD', message: '2 holds are active.', refs: ['h1', 'h2'] }] });
});
