import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { goalLifecycle } from './goal.ts';

lifecycleContract('Goal', goalLifecycle, { reason: 'because' }, {
  REASON_REQUIRED: { met: { reason: 'because' }, unmet: { reason: ' ' } },
});
