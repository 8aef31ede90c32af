import { AUDIT_GENESIS, auditHash, type AuditLink } from './audit.ts';

/** A place in the chain and what its hash was. */
export interface ChainPoint {
  readonly sequence: number;
  readonly hash: string;
}

/** The first place where a chain is not what it was. */
export interface ChainBreak {
  readonly sequence: number;
  /** One sentence. */
  readonly message: string;
}

/** Recomputes a chain event by event, in constant memory; after the first break it is of no more use. */
export interface ChainVerifier {
  /** The last event that was found right; before the first, what it must follow, with null for a hash that is not known. */
  readonly last: { readonly sequence: number; readonly hash: string | null };
  /** Takes the next event. */
  add(event: AuditLink & { readonly hash: string }): ChainBreak | null;
  /** Takes what the chain itself says its end is; null when it does not say. */
  end(head: ChainPoint | null): ChainBreak | null;
}

/** Begins at event `from`. A `pinned` checkpoint was taken earlier and kept elsewhere; only by one can a chain be found out that was cut off, or written anew from some event on. */
export function verifyChain({ from = 1, pinned }: { readonly from?: number; readonly pinned?: ChainPoint } = {}): ChainVerifier {
  let last: ChainVerifier['last'] = { sequence: from - 1, hash: from === 1 ? AUDIT_GENESIS : pinned?.sequence === from - 1 ? pinned.hash : null };
  const broken = (sequence: number, message: string): ChainBreak => ({ sequence, message });
  const unlikePinned = ({ sequence, hash }: ChainPoint) => (pinned?.sequence === sequence && pinned.hash !== hash ? broken(sequence, `Event ${sequence} is not the one of the checkpoint: its hash is ${hash}, and was ${pinned.hash}.`) : null);
  return {
    get last() {
      return last;
    },
    add(event) {
      const sequence = last.sequence + 1;
      const { hash, previous } = event;
      if (Number(event.sequence) !== sequence) return broken(sequence, `Event ${sequence} is missing: event ${event.sequence} stands in its place.`);
      if (auditHash(event) !== hash) return broken(sequence, `Event ${sequence} is not what it was: its content does not have its hash.`);
      if (last.hash !== null && previous !== last.hash) return broken(sequence, `Event ${sequence} does not follow event ${sequence - 1} as it is now: one of them was changed.`);
      const unlike = unlikePinned({ sequence, hash });
      if (unlike === null) last = { sequence, hash };
      return unlike;
    },
    end(head) {
      const { sequence, hash } = last;
      const there = Math.min(sequence, head?.sequence ?? sequence);
      if (pinned !== undefined && pinned.sequence > there) return broken(there + 1, `Event ${there + 1} is missing: the chain ends with event ${there}, and the checkpoint is of event ${pinned.sequence}.`);
      if (head === null) return broken(sequence + 1, 'The chain does not know its end any more.');
      if (head.sequence > sequence) return broken(sequence + 1, `Event ${sequence + 1} is missing: the chain was at event ${head.sequence} already.`);
      if (head.sequence < sequence || (hash !== null && head.hash !== hash)) return broken(head.sequence, `The chain ends with event ${sequence} (${hash}), and says that it ends with event ${head.sequence} (${head.hash}).`);
      return unlikePinned(head);
    },
  };
}
