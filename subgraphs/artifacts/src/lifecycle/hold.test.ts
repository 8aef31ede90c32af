import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { holdLifecycle } from './hold.ts';

lifecycleContract('Hold', holdLifecycle, { reason: 'because' }, { REASON_REQUIRED: { met: { reason: 'because' }, unmet: { reason: ' ' } } });
