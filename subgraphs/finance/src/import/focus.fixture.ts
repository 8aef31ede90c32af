// FOCUS files for tests, and the truth about the sample that lies beside the repository where it is worked on.
import { join } from 'node:path';

export const samplePath = join(import.meta.dirname, '../../../../..', 'shared/data/focus/focus_sample_1.0_1000.csv');

/** Counted with Python's csv and decimal, precision 60; see SOURCES.md beside the sample. */
export const SAMPLE_TRUTH = {
  sha256: 'e91e5ac7edf01ed2c9d926f37ef7dc1ae2aae97956fea8da6c9ee488b1c2839e',
  all: { rows: 1_000, billed: '20.52022672899', effective: '14.97651418586', list: '20.39090575119', contracted: '14.97626039326' },
  byProvider: { AWS: '18.0066386184', Microsoft: '1.97651418586', Oracle: '0.53707392473' },
  byService: { 'Amazon Elastic Compute Cloud': '16.0416930505', 'Azure Kubernetes Service': '1.58088', 'Amazon Relational Database Service': '0.7532270852', COMPUTE: '0.536', 'Azure DB for MySQL': '0.37096774194' },
} as const;

/** A charge that is right in every version. */
export const CHARGE: Readonly<Record<string, string>> = {
  BilledCost: '1', EffectiveCost: '0.5', ListCost: '2', ContractedCost: '1', BillingCurrency: 'USD', BillingPeriodStart: '2024-09-01T00:00:00Z', BillingPeriodEnd: '2024-10-01T00:00:00Z', ChargeCategory: 'Usage',
  ChargePeriodStart: '2024-09-18T22:00:00Z', ChargePeriodEnd: '2024-09-18T23:00:00Z', ProviderName: 'AWS', ServiceName: 'Amazon S3', ResourceId: 'bucket', Tags: '',
};

/** A FOCUS file with these charges; each gives what differs from {@link CHARGE}. */
export function focusFile(rows: readonly Readonly<Record<string, string>>[], base = CHARGE): string {
  const names = [...new Set([...Object.keys(base), ...rows.flatMap((row) => Object.keys(row))])];
  const cell = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `${names.join(',')}\n${rows.map((row) => names.map((name) => cell(row[name] ?? base[name] ?? '')).join(',')).join('\n')}\n`;
}
