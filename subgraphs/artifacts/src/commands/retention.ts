import { textProblems } from '@hubgraph/kit/fields';
import { invalidField, Refused } from '@hubgraph/kit/refusal';
import type { ArtifactPackage } from '../model.ts';
import { packages, retention } from '../store/index.ts';
import { audit } from './audit.ts';
import { factsOf, lockedPackage, recordPackage, type Work } from './common.ts';
import { decide } from './package.ts';

/** What the retention verbs take. */
export interface RetentionInput {
  /** Of the package. */
  readonly id: string;
  /** The new date until which it is kept. */
  readonly until: Date;
  readonly reason: string;
  readonly expectedVersion?: number | null;
}

/** Times in events have years of four digits. */
const LAST = new Date('9999-12-31T23:59:59.999Z');

/** Keeps a package longer. Only the date changes; its bytes are not touched. */
export function extendRetention(work: Work, input: RetentionInput): Promise<{ package: ArtifactPackage } | Refused> {
  return changeRetention(work, 'extendRetention', 'EXTENDED', input);
}

/** Keeps a package shorter, if its class may be; never shorter than until now. */
export function shortenRetention(work: Work, input: RetentionInput): Promise<{ package: ArtifactPackage } | Refused> {
  return changeRetention(work, 'shortenRetention', 'SHORTENED', input);
}

async function changeRetention(work: Work, verb: 'extendRetention' | 'shortenRetention', kind: 'EXTENDED' | 'SHORTENED', input: RetentionInput): Promise<{ package: ArtifactPackage } | Refused> {
  const before = await lockedPackage(work, input);
  if (before instanceof Refused) return before;
  const { until, reason } = input;
  const wrong = [...textProblems({ reason }), ...(until > LAST ? [invalidField(['until'], 'The last day is 9999-12-31.')] : [])];
  const decided = decide(work, verb, before, await factsOf(work.tx, before, work.now, { reason, until }));
  if (decided instanceof Refused || wrong.length > 0) return new Refused([...wrong, ...(decided instanceof Refused ? decided.errors : [])]);
  const changed = await packages.save(work.tx, before, { expiresAt: until }, work.now);
  await retention.insert(work.tx, { packageId: changed.id, kind, fromDate: before.expiresAt, toDate: until, holdId: null, reason, actor: work.caller.sub, at: work.now });
  work.note({ noun: 'ArtifactPackage', entityId: changed.id, verb, from: decided.from, to: decided.to, note: reason });
  recordPackage(work, decided.emits as 'retention.extended', changed, decided.from, { reason });
  await audit(work, { action: verb, packageId: changed.id, data: { from: before.expiresAt, to: until, reason } });
  return { package: changed };
}
