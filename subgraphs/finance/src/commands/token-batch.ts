import { newId } from '@hubgraph/kit/ids';
import { bareHash, stepOf } from '../import/chain.ts';
import type { Usage } from '../import/entry.ts';
import { digestOf } from '../import/identity.ts';
import type { Refusal } from '../import/packet.ts';
import { TOKEN_AMOUNTS, tokenSpends, type NewTokenSpend, type TokenAmount } from '../store/token-spend.ts';
import { costImports } from '../store/cost-import.ts';
import type { Work } from './common.ts';
import { openMonths, type Outcome } from './import-batch.ts';

/** Usage whose cost is known. */
export interface PricedUsage extends Usage {
  readonly cost: string;
  readonly currency: string;
}

/** What came of some usage. `ids` are the rows that count for each, in its order; `refused` has its places in the place of lines. */
export interface UsageOutcome extends Outcome {
  readonly ids: readonly string[];
}

/** Brings token usage in, as importBatch does charges: the keys differ from each other; what is known and the same changes nothing. Who may not write of finance corrects only what he recorded. */
export async function recordUsage(work: Work, from: { readonly source: string; readonly importId: string | null }, batch: readonly PricedUsage[]): Promise<UsageOutcome> {
  const { tx, now } = work;
  await costImports.takeSource(tx, from.source);
  const chains = await tokenSpends.chains(tx, from.source, batch.map(({ key }) => key));
  const rows = batch.map((usage) => ({ usage, contentHash: contentHashOf(usage), month: usage.at.slice(0, 7), chain: chains.get(usage.key) ?? [], amounts: amountsOf(usage) }));
  const pending = rows.filter(({ contentHash, chain }) => chain.length === 0 || bareHash(chain.at(-1)!.contentHash) !== contentHash);
  const openFrom = await openMonths(work, pending.flatMap(({ month, chain }) => [month, ...chain.slice(-1).map((link) => link.month)]));
  const lengths = await tokenSpends.lengths(tx, from.source, pending.filter(({ chain }) => chain.length > 0).map(({ usage }) => usage.key));
  const replaced: string[] = [];
  const inserted: NewTokenSpend[] = [];
  const ids: string[] = [];
  const refused: Refusal[] = [];
  const ownOnly = !work.caller.scopes.includes('finance:write');
  let corrected = 0;
  for (const [place, { usage, contentHash, month, chain, amounts }] of rows.entries()) {
    const step = stepOf<TokenAmount>({ contentHash, month, currency: usage.currency, amounts }, chain, openFrom);
    if (step.kind === 'corrected' && ownOnly && chain.some(({ recordedBy }) => recordedBy !== work.caller.sub)) {
      refused.push({ line: place, reason: 'Somebody else recorded it with another content: this takes the scope finance:write.' });
      continue;
    }
    if (step.kind === 'refused') {
      refused.push({ line: place, reason: step.reason });
      continue;
    }
    if (step.kind === 'unchanged') {
      ids.push(chain.at(-1)!.id);
      continue;
    }
    const { key, input: _input, cachedInput: _cached, cacheWrite: _write, output: _output, cost: _cost, ...columns } = usage;
    const row = { ...columns, id: newId(), sourceKey: key, month: step.month };
    ids.push(row.id);
    if (step.kind === 'new') inserted.push({ ...row, ...amounts, contentHash, correctionOfId: null });
    else {
      corrected++;
      if (step.replaces !== null) replaced.push(step.replaces);
      inserted.push({ ...row, ...(step.amounts as Record<TokenAmount, string>), contentHash: `${contentHash}#${lengths.get(key) ?? 0}`, correctionOfId: step.of });
    }
  }
  await tokenSpends.replace(tx, replaced);
  await tokenSpends.insert(tx, { ...from, recordedBy: work.caller.sub, recordedAt: now }, inserted);
  return { new: inserted.length - corrected, unchanged: batch.length - inserted.length - refused.length, corrected, refused, months: new Set(inserted.map(({ month }) => month)), ids };
}

function amountsOf(usage: PricedUsage): Record<TokenAmount, string> {
  return Object.fromEntries(TOKEN_AMOUNTS.map((name) => [name, String(usage[name])])) as Record<TokenAmount, string>;
}

function contentHashOf(usage: PricedUsage): string {
  const { provider, model, at, currency, session, domain, service, workstream } = usage;
  return digestOf(provider, model, at, currency, session, domain, service, workstream, ...TOKEN_AMOUNTS.map((name) => String(usage[name])));
}
