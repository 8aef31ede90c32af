import { connectBus } from '@hubgraph/kit/bus/bus';
import { followStream, type Followed, type Following } from '@hubgraph/kit/bus/follow';
import type { StreamEvent } from '@hubgraph/kit/bus/message';
import type { Verb } from '@hubgraph/kit/change';
import type { Clock } from '@hubgraph/kit/clock';
import { systemIdentity } from '@hubgraph/kit/identity';
import type { Follower } from '@hubgraph/kit/runtime';
import type { Sql } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import type { OpsChanges, Work } from '../commands/common.ts';
import { noteGap, setEventAside, takeEvent, type ForeignEvent } from '../commands/follow.ts';
import { positions } from '../store/index.ts';
import { rules, STREAMS } from '../alert/effects.ts';

/** What the consumer works with. */
export interface ConsumerDeps {
  readonly sql: Sql;
  readonly changes: OpsChanges;
  /** Without one there are no events, and nothing is followed. */
  readonly natsUrl?: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told after each event that was taken in or set aside. */
  readonly done?: (entry: StreamEvent, outcome: 'taken' | 'set aside') => void;
}

const identity = systemIdentity('ops');
const verb = (name: string): Verb => ({ name, scopes: [['ops:write']], input: {} });

/** Follows the streams of the other hubs: their events raise and resolve alerts, each once, in order for each subject. */
export function startConsumer({ sql, changes, natsUrl, clock, log, done }: ConsumerDeps): Follower {
  if (natsUrl === undefined) return { health: () => [], stop: async () => {} };
  const bus = connectBus(natsUrl, log, 'hubgraph-ops');
  const followed: Followed[] = Object.values(STREAMS).map((stream) => followStream({ bus, following: following(stream), part: 'ops.follows', log, done }));

  function following(stream: string): Following {
    const messageOf = ({ seq, event, raw }: StreamEvent, epoch: string): ForeignEvent => ({ stream, epoch, position: seq, event, raw });
    const run = async <Result extends object>(name: string, command: (work: Work) => Promise<Result>, traceparent?: string): Promise<void> => {
      await changes.run({ identity, traceparent }, verb(name), command);
    };
    return {
      stream,
      async place() {
        const kept = await positions.of(sql, stream);
        return kept?.epoch ? { epoch: kept.epoch, position: kept.position } : null;
      },
      concerns: ({ event }) => event.type in rules,
      take: (entry, epoch) => run('takeEvent', (work) => takeEvent(work, messageOf(entry, epoch)), entry.event.traceparent),
      setAside: (entry, epoch, reason) => run('setEventAside', (work) => setEventAside(work, messageOf(entry, epoch), reason), entry.event.traceparent),
      pass: ({ epoch, position }) => run('passEvents', async (work) => ({ passed: await positions.advance(work.tx, stream, epoch, position, clock.now()) })),
      gap: ({ epoch, position }, missed) => run('noteGap', (work) => noteGap(work, { stream, epoch, position, missed })),
    };
  }

  return {
    health: () => followed.map((one) => one.health()),
    views: () => followed.map((one) => one.view()),
    async stop() {
      await Promise.all(followed.map((one) => one.stop()));
      await bus.close();
    },
  };
}
