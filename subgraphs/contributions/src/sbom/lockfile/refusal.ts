import { sbomLimits } from '../model.ts';
import type { ProblemCode, SbomProblem } from '../model.ts';

/** Where in a file something stands, as far as it is known. */
export interface At {
  readonly line?: number;
  readonly column?: number;
  readonly path?: string;
}

/** A file cannot be read. Thrown inside this folder only: `parseLockfiles` answers it as problems. */
export class Refusal extends Error {
  readonly problems: readonly SbomProblem[];

  /** `problems` must not be empty; those beyond the limit are counted in the last one. */
  constructor(problems: readonly SbomProblem[]) {
    super(problems[0]?.reason ?? 'refused');
    this.name = 'Refusal';
    this.problems = shorten(problems);
  }
}

/** Refuses a file for one reason. */
export function refuse(file: string, code: ProblemCode, reason: string, at: At = {}): never {
  throw new Refusal([{ file, ...at, reason, code }]);
}

/** At most as many problems as one answer lists; the last says how many more there are. */
export function shorten(problems: readonly SbomProblem[]): SbomProblem[] {
  if (problems.length <= sbomLimits.problems) return [...problems];
  const shown = problems.slice(0, sbomLimits.problems - 1);
  const { file, code } = problems[shown.length]!;
  return [...shown, { file, code, reason: `${problems.length - shown.length} more problems like these are not listed.` }];
}

/** Text of a file for a message: short, quoted, without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
