import { auditTrail } from '../store/index.ts';
import type { Work } from './common.ts';

/** What happened, for the audit trail. */
export interface Audited {
  /** The verb, such as `finalizeArtifactPackage`. */
  readonly action: string;
  readonly packageId?: string | null;
  /** What is worth knowing of it later, as JSON: never a secret. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Adds what a command did to the audit chain, in its transaction. Call it last: whoever else changes something waits from here on. */
export async function audit(work: Work, { action, packageId = null, data = {} }: Audited): Promise<void> {
  await auditTrail.append(work.tx, { at: work.now, actor: work.caller.sub, action, packageId, data });
}
