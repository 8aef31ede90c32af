import { Refused } from '@hubgraph/kit/refusal';
import type { Swept } from '@hubgraph/kit/sweep';
import type { Risk } from '../model.ts';
import { risks } from '../store/index.ts';
import type { Work } from './common.ts';
import { moveLocked } from './risk.ts';

/** How many risks one transaction takes. */
const BATCH = 100;

/**
 * What time does to risks. First, MITIGATED and ACCEPTED ones whose review date is over surface again. Then SURFACED ones
 * that nobody has decided escalate: to the steward when their score is `escalateScore` or more, to the maintainer of their
 * domain when their review date is over. Days are those of UTC, and a review date is over when the day is.
 */
export async function reviewRisks(work: Work, escalateScore: number): Promise<{ swept: Swept } | Refused> {
  const today = work.now.toISOString().slice(0, 10);
  const due = await risks.lockDue(work.tx, today, BATCH);
  for (const risk of due) {
    const moved = await moveLocked(work, 'resurfaceRisk', risk, { reason: `Its review date, ${day(risk)}, is over.` });
    if (moved instanceof Refused) return moved;
  }
  const undecided = await risks.lockEscalatable(work.tx, today, escalateScore, BATCH);
  for (const risk of undecided) {
    const high = risk.score >= escalateScore;
    const reason = high ? `Its score is ${risk.score}; from ${escalateScore} on a risk is for the steward.` : `Nobody decided it by its review date, ${day(risk)}.`;
    const level = high ? 'steward' : risk.domain === null ? 'maintainer' : `maintainer of the domain ${risk.domain}`;
    const moved = await moveLocked(work, 'escalateRisk', risk, { reason, level });
    if (moved instanceof Refused) return moved;
  }
  return { swept: { done: due.length + undecided.length, more: due.length === BATCH || undecided.length === BATCH } };
}

const day = ({ reviewDate }: Risk): string => reviewDate?.toISOString().slice(0, 10) ?? 'none';
