import type { FollowedView } from '@hubgraph/kit/bus/follow';
import { CLOSURE_HUBS, type ClosureHub, type ForeignFault, type ForeignItem, type ForeignNoun } from '../model.ts';
import type { GovernanceCode } from '../errors.ts';
import type { ClosureBlocker } from './closure.ts';

export type SourceState = 'CURRENT' | 'BEHIND' | 'INTERRUPTED' | 'INCOMPLETE' | 'ABSENT' | 'NOT_FOLLOWED';

/** How well this hub knows what another one has that a closing may wait for. */
export interface ClosureSource {
  readonly hub: ClosureHub;
  readonly state: SourceState;
  /** Everything that its stream held then is known; null: nothing is. */
  readonly asOf: Date | null;
  /** Events of its stream that are known of and not yet taken in; null when that is not known. */
  readonly behind: number | null;
  readonly position: number;
  /** Events that are missing. */
  readonly missed: number;
  /** What is amiss, in one sentence. */
  readonly reason: string | null;
}

/** What a source is computed from. */
export interface SourceFacts {
  readonly hub: ClosureHub;
  /** Undefined where nothing is followed: without NATS, or in a hub that was not started. */
  readonly view?: FollowedView;
  /** Whether the stream was ever seen. */
  readonly known: boolean;
  readonly position: number;
  readonly fault?: ForeignFault & { readonly count: number };
}

/** How well a hub is known. What is missing goes before what is late. */
export function sourceOf({ hub, view, known, position, fault }: SourceFacts): ClosureSource {
  const base = { hub, asOf: view?.asOf ?? null, behind: view?.last == null ? null : Math.max(0, view.last - view.done), position: Math.max(position, view?.done ?? 0), missed: 0, reason: null };
  if (fault !== undefined) return { ...base, state: 'INCOMPLETE', missed: fault.missed + fault.count - 1, reason: `${fault.type === null ? fault.reason : `${fault.type} at ${fault.position} could not be read: ${fault.reason}`} Rebuild by \`hubgraph governance projection rebuild --hub ${hub}\`.` };
  if (view === undefined) return { ...base, state: 'NOT_FOLLOWED', reason: 'Events are not followed here: NATS is not configured.' };
  if (view.missing && !known) return { ...base, state: 'ABSENT', reason: `The hub has no stream ${view.stream}: it was never started here.` };
  if (view.trouble !== undefined) return { ...base, state: 'INTERRUPTED', reason: `${view.trouble}.` };
  return base.behind === 0 ? { ...base, state: 'CURRENT' } : { ...base, state: 'BEHIND', reason: base.behind === null ? 'The stream is being opened.' : `${base.behind} events are still to be taken in.` };
}

/** What a closing knows of the other hubs before its transaction begins. */
export interface Outside {
  /** When the streams were asked how far they go. */
  readonly askedAt: Date;
  /** Hubs of which all that their streams held then has been taken in. */
  readonly reached: ReadonlySet<ClosureHub>;
  readonly views: ReadonlyMap<ClosureHub, FollowedView>;
  readonly rule: OutsideRule;
}

/** What this hub knows of the others, from their streams. */
export interface OtherHubs {
  /** How far each is followed now; empty where nothing is followed. */
  views(): ReadonlyMap<ClosureHub, FollowedView>;
  /** As {@link Outside}, of this moment: nobody is asked. */
  glance(): Outside;
  /** Asks every stream how far it goes and waits until that is taken in, at most as long as the settings say. */
  reach(): Promise<Outside>;
  /** Reads a hub's stream from its beginning: what it comes to. @throws PublicError when the stream cannot be read, or does not hold all any more. */
  fold(hub: ClosureHub): Promise<{ readonly epoch: string; readonly position: number; readonly items: readonly ForeignItem[] }>;
}

/** What a closing does about other hubs; from the settings. */
export interface OutsideRule {
  readonly whenUnknown: 'refuse' | 'allow';
  /** How old the knowledge of a hub may be that cannot be asked now. */
  readonly maxLagSeconds: number;
}

/** Whether a closing may rely on what is known of a hub. A hub that has no stream, and one where nothing is followed, tells nothing, and nothing is waited for. */
export function reliedOn({ hub, state, asOf }: ClosureSource, { askedAt, reached, rule }: Outside): boolean {
  if (state === 'ABSENT' || state === 'NOT_FOLLOWED') return true;
  if (state === 'INCOMPLETE') return false;
  return reached.has(hub) || (asOf !== null && rule.maxLagSeconds > 0 && asOf.getTime() >= askedAt.getTime() - rule.maxLagSeconds * 1_000);
}

/** The code of each noun, and how to be rid of it. */
export const WAITS_FOR = {
  Alert: { code: 'ALERT_OPEN', is: 'The alert', end: 'resolve it' },
  Gate: { code: 'GATE_PENDING', is: 'The gate', end: 'pass it, or have it waived' },
  Contribution: { code: 'CONTRIBUTION_WAITING', is: 'The contribution', end: 'bring it to its end, or withdraw it' },
  ArtifactPackage: { code: 'PACKAGE_UPLOADING', is: 'The artifact package', end: 'finalize or delete it' },
  Commitment: { code: 'COMMITMENT_PENDING', is: 'The commitment', end: 'wait for its start, or cancel it' },
} as const satisfies Record<Exclude<ForeignNoun, 'Service'>, { code: GovernanceCode; is: string; end: string }>;

/** What stands in the way in other hubs. */
export function outsideBlockers(items: readonly ForeignItem[]): ClosureBlocker[] {
  return items.flatMap((item): ClosureBlocker[] => {
    if (item.noun === 'Service') return [];
    const { code, is, end } = WAITS_FOR[item.noun];
    const of = item.workstream === null && item.service !== null ? ` of the service ${item.service}` : '';
    const named = item.code !== null && item.code !== item.title ? `${item.code} "${item.title}"` : `"${item.title}"`;
    return [{ code, message: `${is} ${named}${of} is ${item.status}; ${end}.`, task: null, refs: [item.id], item }];
  });
}

/** A blocker for each hub that a closing cannot rely on, when the rule is to refuse then. */
export function unknownBlockers(sources: readonly ClosureSource[], outside: Outside): ClosureBlocker[] {
  if (outside.rule.whenUnknown === 'allow') return [];
  return sources.filter((source) => !reliedOn(source, outside)).map((source) => ({
    code: 'HUB_UNKNOWN', task: null, refs: [source.hub], source,
    message: `What ${source.hub} has that the closing would wait for is not known${source.asOf === null ? '' : ` since ${source.asOf.toISOString()}`}. ${source.reason ?? 'It could not be asked in time; try again.'}`,
  }));
}

/** All sources, of what each is computed from. */
export function sourcesOf(views: ReadonlyMap<ClosureHub, FollowedView>, places: ReadonlyMap<ClosureHub, number>, faults: ReadonlyMap<ClosureHub, ForeignFault & { readonly count: number }>): ClosureSource[] {
  return CLOSURE_HUBS.map((hub) => sourceOf({ hub, view: views.get(hub), known: places.has(hub), position: places.get(hub) ?? 0, fault: faults.get(hub) }));
}
