import { createHash } from 'node:crypto';
import type { Caller, ChangeAnswer } from '@hubgraph/kit/change';
import type { MutationErrorData } from '@hubgraph/kit/refusal';
import { badTexts } from '@hubgraph/kit/text';
import { raiseAlert, resolveByKey, type RaiseAlertInput } from '../commands/alert.ts';
import type { OpsChanges } from '../commands/common.ts';
import { recordDeployment, type RecordDeploymentInput } from '../commands/deployment.ts';
import { registerEnvironment, type RegisterEnvironmentInput } from '../commands/environment.ts';
import { recordEvidence, type EvidenceInput } from '../commands/evidence.ts';
import { secretWithin } from '../evidence/secret.ts';

/** What one event of somebody else is here. */
export type Effect =
  | { readonly verb: 'recordEvidence'; readonly input: EvidenceInput }
  | { readonly verb: 'recordDeployment'; readonly input: RecordDeploymentInput }
  | { readonly verb: 'raiseAlert'; readonly input: RaiseAlertInput }
  | { readonly verb: 'resolveAlert'; readonly input: { readonly dedupKey: string; readonly source: string } }
  | { readonly verb: 'registerEnvironment'; readonly input: RegisterEnvironmentInput }
  /** Known, and nothing to keep of it. */
  | { readonly verb: 'nothing' };

/** One reason of a refusal: where, and what belongs there. */
export interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** What came of one event, as its sender is told. */
export interface Outcome {
  readonly status: 'recorded' | 'unchanged' | 'ignored' | 'refused';
  readonly code?: string;
  readonly message?: string;
  readonly errors?: readonly Problem[];
}

/** A refusal before anything was done. */
export function refused(code: string, message: string, errors: readonly Problem[] = []): Outcome {
  return { status: 'refused', code, message, ...(errors.length > 0 ? { errors } : {}) };
}

/** Why a value may not come in at all: what PostgreSQL cannot keep, and secrets. Says where and what kind, never the text. */
export function custodyProblem(value: unknown): Outcome | null {
  if (badTexts(value).length > 0) return refused('BAD_TEXT', 'A text has characters that cannot be kept, or the value is nested too deep.');
  const secret = secretWithin(value);
  return secret === null ? null : refused('SECRET', 'A field looks like a secret; nothing of it was kept.', [{ path: secret.path, message: `This looks like a secret (${secret.kind}).` }]);
}

/**
 * Does what an event asks for, in one transaction of its own. `once` names the event: the same again does nothing. Evidence
 * and deployments know their source for ever, alerts and environments for 24 hours.
 */
export async function apply(changes: OpsChanges, caller: Caller, effect: Effect, once: string | null): Promise<Outcome> {
  if (effect.verb === 'nothing') return { status: 'ignored' };
  const answer = await run(changes, caller, effect, once === null ? null : `event ${createHash('sha256').update(once).digest('base64url')}`);
  const [first] = answer.errors;
  if (first !== undefined) return refused(first.code, first.code === 'INVALID_INPUT' ? 'The event does not fit.' : first.message, answer.errors.map(problemOf));
  const again = answer.replayed || ((effect.verb === 'recordEvidence' || effect.verb === 'recordDeployment') && answer.events.length === 0);
  return { status: again ? 'unchanged' : 'recorded' };
}

function run(changes: OpsChanges, caller: Caller, effect: Exclude<Effect, { verb: 'nothing' }>, idempotencyKey: string | null): Promise<ChangeAnswer<object>> {
  const scopes = [['ops:write']] as const;
  const call = (input: object) => ({ name: effect.verb, scopes, input: { ...input, idempotencyKey } });
  switch (effect.verb) {
    case 'recordEvidence': {
      const { input } = effect;
      // their own key is enough, and lasts longer than 24 hours
      return changes.run(caller, { name: effect.verb, scopes, input: {} }, (work) => recordEvidence(work, { evidence: [input] }));
    }
    case 'recordDeployment': {
      const { input } = effect;
      return changes.run(caller, { name: effect.verb, scopes, input: {} }, (work) => recordDeployment(work, input));
    }
    case 'raiseAlert': {
      const { input } = effect;
      return changes.run(caller, call(input), (work) => raiseAlert(work, input));
    }
    case 'resolveAlert': {
      const { input } = effect;
      return changes.run(caller, call(input), (work) => resolveByKey(work, input.dedupKey, null, input.source));
    }
    case 'registerEnvironment': {
      const { input } = effect;
      return changes.run(caller, call(input), (work) => registerEnvironment(work, input));
    }
  }
}

/** The path in the event's own words: what commands call `input.evidence.0.x` is just `x` to the sender. */
function problemOf({ path, message }: MutationErrorData): Problem {
  const [, ...rest] = path;
  return { path: rest[0] === 'evidence' ? rest.slice(2) : rest, message };
}
