import { startArtifactsHub, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { as, type TestHub } from '../../../../test/harness/hub.ts';
import type { Clock } from '@hubgraph/kit/clock';
import type { RetentionClassSlug } from '../model.ts';
import { putFiles } from './package.fixture.ts';

export const [author, maintainer, operator, steward, viewer] = [as('author'), as('maintainer'), as('operator', 'olga'), as('steward', 'stefan'), as('viewer')];

/** A refusal as {@link refusals} asks for it. */
export interface AskedRefusal {
  readonly __typename: string;
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
  readonly unmet?: readonly { readonly code: string; readonly message: string; readonly refs: readonly string[] }[];
}

export const startHub = (clock: Clock): Promise<ArtifactsHub> => startArtifactsHub({ clock });

/** Makes a finalized package with one file, whose bytes are stored nowhere: what comes after must do without them. */
export async function finalizedPackage(hub: TestHub, retentionClass: RetentionClassSlug, more: object = {}): Promise<string> {
  const { package: made } = await hub.change('createArtifactPackage', { producer: 'tests', subject: 'a release', retentionClass, ...more }, 'package { id }', author);
  await putFiles(hub, made.id, { 'report.txt': `all is well with ${made.id}` });
  const { errors } = await hub.change('finalizeArtifactPackage', { id: made.id }, 'package { id }', author);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return made.id;
}

/** Every error of a mutation that is refused, with what is unmet. */
export async function refusals(hub: TestHub, verb: string, input: object, identity = operator): Promise<readonly AskedRefusal[]> {
  const type = `${verb[0]!.toUpperCase()}${verb.slice(1)}Input`;
  const data = await hub.ask(`mutation ($input: ${type}!) { answer: ${verb}(input: $input) { package { id } errors { __typename code message path ... on TransitionRefused { unmet { code message refs } } } } }`, { input }, identity);
  return data.answer.errors;
}

/** The codes of every rule that is not met, and the paths of every field that is wrong. */
export function codesOf(errors: readonly AskedRefusal[]): string[] {
  return errors.flatMap((error) => error.unmet?.map(({ code }) => code) ?? [error.path.slice(1).join('.')]);
}
