import { UsageError } from '@hubgraph/kit/errors';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * Reads a span such as `90s`, `30m`, `1h`, `7d` as seconds.
 *
 * @throws UsageError (2) for anything else, for nothing, and for more than a year.
 */
export function parseDuration(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = Number(number) * (SECONDS[unit] ?? 0);
  if (!(seconds > 0 && seconds <= 365 * 86_400)) throw new UsageError(`${text} is not a duration: write a number and s, m, h or d, such as 30m or 1h, at most 365d.`);
  return seconds;
}
