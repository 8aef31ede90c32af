import type { Reporter, Reports } from '../../gateway/src/observe/reporter.ts';

/** A reporter that tests wait on: what production reports, and nothing else. */
export interface WaitingReporter extends Reporter {
  /**
   * Resolves once `count` reports of `name` whose facts match `wanted` have been heard since the last {@link forget};
   * reports from before the call count. Answers the last of them.
   *
   * @throws Error after 15 s, naming what was heard instead.
   */
  reported<Name extends keyof Reports>(name: Name, wanted?: Partial<Reports[Name]>, count?: number): Promise<Reports[Name]>;
  /** Reports of `name` heard since the last {@link forget}. */
  heard<Name extends keyof Reports>(name: Name, wanted?: Partial<Reports[Name]>): Reports[Name][];
  forget(): void;
}

const DEADLINE_MS = 15_000;

/** Makes one that has heard nothing. */
export function waitingReporter(): WaitingReporter {
  let history: { name: keyof Reports; facts: object }[] = [];
  const waiting = new Set<() => void>();
  const heard = <Name extends keyof Reports>(name: Name, wanted: Partial<Reports[Name]> = {}): Reports[Name][] =>
    history.filter((report) => report.name === name && Object.entries(wanted).every(([key, value]) => (report.facts as Record<string, unknown>)[key] === value)).map(({ facts }) => facts as Reports[Name]);
  return {
    heard,
    report(name, facts) {
      history.push({ name, facts });
      for (const look of [...waiting]) look();
    },
    reported(name, wanted = {}, count = 1) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = heard(name, wanted);
          if (found.length < count) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found[count - 1]!);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          const last = history.slice(-12).map((report) => `${report.name} ${JSON.stringify(report.facts)}`).join('\n');
          reject(new Error(`waited in vain for ${count} × ${name} ${JSON.stringify(wanted)}; heard last:\n${last}`));
        }, DEADLINE_MS);
        waiting.add(look);
        look();
      });
    },
    forget() {
      history = [];
    },
  };
}
