import { prettyFormatQueryPlan, type QueryPlan } from '@apollo/query-planner';
import { parse, print, visit } from 'graphql';
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Reporter, Reports } from './reporter.ts';

/** Characters of a plan that are logged. */
const MOST = 20_000;
/** A burst of slow operations must not become a burst of large lines, in milliseconds. */
const PAUSE = 100;

/**
 * Logs queries and mutations that took `threshold` milliseconds or more, with the calls that they made and their plan, in
 * which a client's values are left out. Of many at once, one in every tenth of a second; the others are counted.
 */
export function slowLog(threshold: number, log: Logger): Reporter {
  let last = Number.NEGATIVE_INFINITY;
  let passedOver = 0;
  return {
    report(name, facts) {
      if (name !== 'operation.ended') return;
      const { prepared, requestId, milliseconds, code, calls } = facts as Reports['operation.ended'];
      if (milliseconds < threshold) return;
      if (performance.now() - last < PAUSE) return void passedOver++;
      last = performance.now();
      const { kind, operationName, asked, plan } = prepared;
      log.warn({
        requestId, kind, operation: operationName, document: createHash('sha256').update(asked.source).digest('hex'), outcome: code,
        milliseconds: Math.round(milliseconds), calls: calls.map((call) => ({ ...call, milliseconds: Math.round(call.milliseconds) })), passedOver, plan: planText(plan),
      }, 'slow operation');
      passedOver = 0;
    },
  };
}

/** A plan for the log: strings and numbers that a client wrote into its document are blanked. */
export function planText(plan: QueryPlan): string {
  return prettyFormatQueryPlan(blanked(plan) as QueryPlan).slice(0, MOST);
}

function blanked(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(blanked);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, key === 'operation' && typeof value === 'string' ? withoutValues(value) : key === 'operationDocumentNode' ? undefined : blanked(value)]));
}

function withoutValues(operation: string): string {
  return print(visit(parse(operation, { noLocation: true }), {
    StringValue: (node) => ({ ...node, value: '', block: false }),
    IntValue: (node) => ({ ...node, value: '0' }),
    FloatValue: (node) => ({ ...node, value: '0' }),
  }));
}
