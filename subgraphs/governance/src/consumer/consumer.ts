import { connectBus } from '@hubgraph/kit/bus/bus';
import { followStream, type Followed, type FollowedView, type Following } from '@hubgraph/kit/bus/follow';
import type { StreamEvent } from '@hubgraph/kit/bus/message';
import type { Clock } from '@hubgraph/kit/clock';
import { systemIdentity } from '@hubgraph/kit/identity';
import type { Follower } from '@hubgraph/kit/runtime';
import type { Sql } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import type { GovernanceChanges, Work } from '../commands/common.ts';
import { noteForeignGap, passForeign, setForeignAside, takeForeign, type ForeignEvent } from '../commands/foreign.ts';
import { foreignRules, HUB_STREAMS } from '../lifecycle/foreign.ts';
import type { OtherHubs, OutsideRule } from '../lifecycle/outside.ts';
import { CLOSURE_HUBS, type ClosureHub } from '../model.ts';
import { hubPlaces } from '../store/index.ts';
import { foldStream } from './fold.ts';

/** What the hub follows the others with. */
export interface OtherHubsDeps {
  readonly sql: Sql;
  readonly changes: GovernanceChanges;
  /** Without one there are no events, and nothing is followed. */
  readonly natsUrl?: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly rule: OutsideRule;
  /** How long a closing waits for what the streams hold when it begins, in milliseconds. */
  readonly waitMs: number;
  /** Told after each event that was taken in or set aside. */
  readonly done?: (entry: StreamEvent, outcome: 'taken' | 'set aside') => void;
}

/** {@link OtherHubs}, and how they are followed. */
export interface FollowedHubs extends OtherHubs {
  /** Begins to follow them. */
  start(): Follower;
}

const identity = systemIdentity('governance');

/** Follows the streams of the other hubs: what they say is kept once, in order, and never acted upon but by closings. */
export function otherHubs({ sql, changes, natsUrl, clock, log, rule, waitMs, done }: OtherHubsDeps): FollowedHubs {
  let bus: ReturnType<typeof connectBus> | undefined;
  const followed = new Map<ClosureHub, Followed>();

  const following = (hub: ClosureHub): Following => {
    const messageOf = ({ seq, event }: StreamEvent, epoch: string): ForeignEvent => ({ hub, epoch, position: seq, event });
    const run = async <Result extends object>(name: string, command: (work: Work) => Promise<Result>, traceparent?: string): Promise<void> => {
      await changes.run({ identity, traceparent }, { name, scopes: [['governance:write']], input: {} }, command);
    };
    return {
      stream: HUB_STREAMS[hub].stream,
      async place() {
        const kept = await hubPlaces.of(sql, hub);
        return kept?.epoch ? { epoch: kept.epoch, position: kept.position } : null;
      },
      concerns: ({ event }) => event.type in foreignRules,
      take: (entry, epoch) => run('takeForeign', (work) => takeForeign(work, messageOf(entry, epoch)), entry.event.traceparent),
      setAside: (entry, epoch, reason) => run('setForeignAside', (work) => setForeignAside(work, messageOf(entry, epoch), reason), entry.event.traceparent),
      pass: (place) => run('passForeign', (work) => passForeign(work, { hub, ...place })),
      gap: (place, missed) => run('noteForeignGap', (work) => noteForeignGap(work, { hub, ...place, missed })),
    };
  };
  const views = (): Map<ClosureHub, FollowedView> => new Map([...followed].map(([hub, one]) => [hub, one.view()]));

  return {
    start() {
      if (natsUrl === undefined) return { health: () => [], stop: async () => {} };
      const connected = (bus = connectBus(natsUrl, log, 'hubgraph-governance'));
      for (const hub of CLOSURE_HUBS) followed.set(hub, followStream({ bus: connected, following: following(hub), part: 'governance.follows', log, clock, done }));
      return {
        health: () => [...followed.values()].map((one) => one.health()),
        views: () => [...followed.values()].map((one) => one.view()),
        async stop() {
          await Promise.all([...followed.values()].map((one) => one.stop()));
          await connected.close();
        },
      };
    },
    views,
    glance() {
      const now = views();
      const reading = [...now].filter(([, { trouble, last }]) => trouble === undefined && last !== null).map(([hub]) => hub);
      return { askedAt: clock.now(), reached: new Set(reading), views: now, rule };
    },
    async reach() {
      const askedAt = clock.now();
      const answers = await Promise.all([...followed].map(async ([hub, one]) => ((await one.reach(one.view().missing ? 0 : waitMs)) ? [hub] : [])));
      return { askedAt, reached: new Set(answers.flat()), views: views(), rule };
    },
    fold: (hub) => foldStream(bus, hub),
  };
}
