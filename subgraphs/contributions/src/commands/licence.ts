import { invalidField, notFound, Refused } from '@hubgraph/kit/refusal';
import { evaluateLicence } from '../licence/evaluate.ts';
import { suggestLicence } from '../licence/suggest.ts';
import type { LicenceConclusion } from '../model.ts';
import { readPurl } from '../sbom/purl.ts';
import { conclusions, packages } from '../store/index.ts';
import type { Work } from './common.ts';
import { evidenceProblems } from './fields.ts';

export interface ConcludeLicenceInput {
  readonly purl: string;
  readonly expression: string;
  readonly reason: string;
  readonly evidence?: readonly string[] | null;
}

const MOST_REASON = 10_000;

/** Records what somebody concluded about the licence of a package version; from now on it counts before what is declared, in every repo. */
export async function concludeLicence(work: Work, input: ConcludeLicenceInput): Promise<{ package: { purl: string }; conclusion: LicenceConclusion } | Refused> {
  const read = readPurl(input.purl);
  const licence = evaluateLicence(input.expression);
  const wrong = [
    ...(read === null ? [invalidField(['purl'], 'A package is named by its purl, such as pkg:npm/jszip@3.10.1.')] : []),
    ...(licence.expression === null ? [invalidField(['expression'], unreadable(input.expression, licence.problem))] : []),
    ...(input.reason.trim() === '' || input.reason.length > MOST_REASON ? [invalidField(['reason'], `Say why, in 1 to ${MOST_REASON} characters.`)] : []),
    ...evidenceProblems(input.evidence),
  ];
  if (wrong.length > 0 || read === null || licence.expression === null) return new Refused(wrong);
  const { purl } = read;
  // of another version another licence may hold, so nothing is concluded of all of them at once
  if (!(await packages.declaredOf(work.tx, [purl])).has(purl)) return notFound('package', `${purl} in any bill of materials`, ['purl']);
  const conclusion = await conclusions.insert(work.tx, {
    purl, expression: licence.expression, licenceClass: licence.class, copyleft: licence.copyleft, reason: input.reason, evidence: input.evidence ?? [], actor: work.caller.sub, at: work.now,
  });
  work.record('licence.concluded', { subject: `package/${purl}`, data: { id: conclusion.id, purl, expression: conclusion.expression, licenceClass: conclusion.licenceClass } });
  return { package: { purl }, conclusion };
}

function unreadable(text: string, problem: string | undefined): string {
  const suggestion = suggestLicence(text);
  return `${problem ?? 'This is no SPDX expression.'}${suggestion === undefined ? '' : ` Did you mean ${suggestion.expression}? ${suggestion.note}`}`;
}
