import { connectBus, type Bus } from '@hubgraph/kit/bus/bus';
import { followRevocations, publishRevocation, type RevocationLog } from '@hubgraph/kit/bus/revocation-log';
import type { Clock } from '@hubgraph/kit/clock';
import { PublicError } from '@hubgraph/kit/errors';
import type { PartHealth } from '@hubgraph/kit/hub';
import type { Identity } from '@hubgraph/kit/identity';
import { createRevocationList, LONGEST_REVOCATION, type Revocation } from '@hubgraph/kit/identity/revocations';
import type { Logger } from 'pino';
import type { RevocationSettings } from './settings.ts';

/** What somebody wants revoked. */
export interface Revoke extends Pick<Revocation, 'kind' | 'name' | 'before' | 'by' | 'reason'> {
  /** How long it is to hold, in seconds; default HUBGRAPH_REVOCATION_HOURS. */
  readonly seconds?: number;
}

/** Who is not trusted any more, at every gateway of the graph. */
export interface Revocations {
  /** @throws PublicError `UNAUTHENTICATED` with the fact `reason: 'revoked'` when the token of `identity` is revoked */
  check(identity: Identity): void;
  /**
   * Revokes, here at once and at the other gateways within two seconds.
   *
   * @throws PublicError `HUB_UNAVAILABLE` when the others cannot be told; it holds here all the same
   */
  revoke(revoke: Revoke): Promise<Revocation>;
  /** Ends what was revoked under this kind and name; false when nothing was. @throws as {@link revoke} */
  lift(lifted: Pick<Revocation, 'kind' | 'name' | 'by'>): Promise<boolean>;
  all(): Revocation[];
  onRevoked(listener: (revocation: Revocation) => void): () => void;
  health(): PartHealth[];
  /** Safe to call twice. */
  stop(): Promise<void>;
}

export interface RevocationsOptions {
  /** Without one, what is revoked at this gateway holds at this gateway, until it stops. */
  readonly natsUrl?: string;
  /** Servers that keep the stream of revocations. */
  readonly replicas: number;
  readonly settings: RevocationSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

const TELL_MS = 5_000;

/** Begins to follow what is revoked in the graph; returns at once. */
export function openRevocations({ natsUrl, replicas, settings, clock, log }: RevocationsOptions): Revocations {
  const list = createRevocationList(clock);
  const bus: Bus | undefined = natsUrl === undefined ? undefined : connectBus(natsUrl, log, 'hubgraph-gateway-revocations');
  const following: RevocationLog | undefined = bus && followRevocations({ bus, replicas, told: (revocation) => list.put(revocation), log });
  const opened = performance.now();

  const tell = async (revocation: Revocation): Promise<void> => {
    list.put(revocation);
    if (!bus) return;
    try {
      await publishRevocation(await bus.connected(AbortSignal.timeout(TELL_MS)), revocation, replicas);
    } catch (error) {
      throw new PublicError('HUB_UNAVAILABLE', 'The other gateways could not be told; it holds at this one. Try again.', { hub: 'events' }, { cause: error });
    }
  };

  return {
    check(identity) {
      if (list.of(identity)) throw revoked();
    },
    async revoke({ seconds = settings.HUBGRAPH_REVOCATION_HOURS * 3_600, ...what }) {
      const now = clock.now();
      const revocation: Revocation = { ...what, at: now.toISOString(), until: Math.ceil(now.getTime() / 1_000) + Math.min(seconds, LONGEST_REVOCATION) };
      await tell(revocation);
      log.warn({ kind: what.kind, name: what.name, before: what.before, by: what.by, reason: what.reason }, 'revoked');
      return revocation;
    },
    async lift({ kind, name, by }) {
      const held = list.all().filter((known) => known.kind === kind && known.name === name);
      for (const known of held) await tell({ ...known, by, at: clock.now().toISOString(), lifted: true });
      if (held.length > 0) log.warn({ kind, name, by }, 'revocation lifted');
      return held.length > 0;
    },
    all: () => list.all(),
    onRevoked: (listener) => list.onPut(listener),
    health() {
      if (!following) return [];
      // a gateway that has just begun has its time, too
      const silent = Math.min(following.silence(), performance.now() - opened);
      const ready = silent < settings.HUBGRAPH_REVOCATION_SILENCE;
      return [{ part: 'gateway.revocations', ready, reason: ready ? undefined : `revocations were not heard for ${Math.round(silent / 1_000)} s${bus?.trouble() ? ` (${bus.trouble()})` : ''}` }];
    },
    async stop() {
      await following?.close();
      await bus?.close();
    },
  };
}

/** What whoever holds a revoked token gets. */
export function revoked(): PublicError {
  return new PublicError('UNAUTHENTICATED', 'This token was revoked.', { reason: 'revoked' });
}
