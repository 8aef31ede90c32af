// Each file adds its noun to the builder; the order does not matter.
import './account.ts';
import './attribution.ts';
import './budget.ts';
import './budget-change.ts';
import './commitment.ts';
import './commitment-change.ts';
import './cost-import.ts';
import './costs.ts';
import './exchange-rate.ts';
import './foreign.ts';
import './money.ts';
import './period.ts';
import './runway.ts';
import './token-spend.ts';
import { FEDERATION_LINK } from '@hubgraph/kit/graphql/builder';
import { builder } from './builder.ts';

/** The hub's executable subgraph schema. */
export const schema = builder.toSubGraphSchema({ linkUrl: FEDERATION_LINK });
