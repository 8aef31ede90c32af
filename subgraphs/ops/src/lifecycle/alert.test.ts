import { lifecycleContract } from '../../../../test/contract/lifecycle.contract.ts';
import { alertLifecycle, type AlertFacts } from './alert.ts';

const base: AlertFacts = { owner: 'mara', note: 'restarted', causeGone: false };

lifecycleContract('Alert', alertLifecycle, base, {
  OWNER_REQUIRED: { met: { owner: 'mara' }, unmet: { owner: ' ' } },
  NOTE_REQUIRED: { met: { note: null, causeGone: true }, unmet: { note: ' ', causeGone: false } },
});
