import { setTimeout as delay } from 'node:timers/promises';
import { serveParent, workerInput } from '../worker.ts';
import type { Committed } from './hub.ts';
import { createSequence, type Expected, type Sequence } from './sequence.ts';
import { now, Watcher, type Ground, type Kind } from './watcher.ts';

// Many watchers in one process: half of them follow alerts with a selection that the hub has to answer, half the bare
// events of two hubs.

/** How the process of clients is started. */
export interface ClientsInput {
  /** Of the gateways; a client that loses one goes to the next. */
  readonly ports: readonly number[];
  readonly token: string;
  /** Clients follow one domain each, in turns. */
  readonly domains: number;
}

/** What it does for its parent. */
export interface ClientsOrders {
  /** Opens so many more, half of each kind; answers when all are served. */
  connect: { readonly count: number };
  /** Opens so many more that follow the alerts of all domains; the last one before was at this position. */
  connectToAll: { readonly count: number; readonly after: number };
  /** Begins to measure silence anew. */
  mark: true;
  /** Waits until every client has got an event behind these positions of the hubs it follows; answers {@link Silence} since the mark. */
  flowing: Readonly<Record<string, number>>;
  /** Cuts all connections at once; answers milliseconds until all are served again. */
  storm: true;
  /** Lets the last so many clients stop reading, or go on. */
  pause: number;
  resume: number;
  /** Waits until these clients have what the outbox has; answers {@link Verdict}. */
  check: { readonly expected: readonly Expected[]; readonly deadline: number; readonly which: Which };
  /** {@link Latency} of these events to the clients that follow one domain. */
  latency: Committed;
}

/** All clients, or those that follow one domain. */
export type Which = 'all' | 'filtered';

/** Milliseconds. */
export interface Silence { readonly max: number; readonly median: number }
export interface Latency { readonly frames: number; readonly p50: number; readonly p99: number; readonly max: number }

/** What became of all sequences. */
export interface Verdict {
  /** Empty when every client has every event once and in order. */
  readonly problems: readonly string[];
  readonly clients: number;
  readonly frames: number;
  /** What else happened, by what it was and how often. */
  readonly counts: Readonly<Record<string, number>>;
}

const { ports, token, domains } = workerInput<ClientsInput>();
const EVENT_HUBS: Readonly<Record<string, string>> = { opshub: 'ops', statehub: 'governance' };
const counts: Record<string, number> = {};
const problems: string[] = [];
const watchers: Watcher[] = [];
interface Followed extends Kind {
  /** Undefined for all. */
  readonly domain: string | undefined;
  /** Position of the last event before the first of its clients. */
  readonly after: number;
}
const kinds = new Map<string, Followed>();
const ground: Ground = {
  ports,
  authorization: `Bearer ${token}`,
  wrong: (problem) => void (problems.length < 20 && problems.push(problem)),
  count: (what) => void (counts[what] = (counts[what] ?? 0) + 1),
};

/** All clients of a kind share it, and so its sequences. */
function kindOf(name: 'alerts' | 'events', domain: string | undefined, after = 0): Followed {
  const key = `${name} ${domain}`;
  let kind = kinds.get(key);
  if (kind) return kind;
  const hubs = name === 'alerts' ? ['ops'] : ['ops', 'governance'];
  const sequences: ReadonlyMap<string, Sequence> = new Map(hubs.map((hub) => [hub, createSequence()]));
  const filter = domain === undefined ? {} : { domains: [domain] };
  const asked = name === 'alerts'
    ? { query: 'subscription Alerts($filter: AlertEventFilter) { alertChanged(filter: $filter) { id type to alert { id title } } }', variables: { filter }, hubOf: () => 'ops' }
    : { query: 'subscription Events($types: [String!]!, $domains: [String!]) { hubEvents(types: $types, domains: $domains) { id type time actor } }', variables: { types: ['org.opshub.alert.*', 'org.statehub.>'], ...filter }, hubOf: (type?: string) => EVENT_HUBS[type?.split('.')[1] ?? ''] ?? '' };
  kinds.set(key, (kind = { ...asked, sequences, domain, after }));
  return kind;
}

const all = async (what: () => boolean, deadline = 60_000): Promise<boolean> => {
  const end = now() + deadline;
  while (!what()) {
    if (now() > end) return false;
    await delay(10);
  }
  return true;
};
const demand = async (what: (watcher: Watcher) => boolean, name: string): Promise<void> => {
  if (!(await all(() => watchers.every(what)))) throw new Error(`${watchers.filter((watcher) => !what(watcher)).length} of ${watchers.length} clients are not ${name}: ${JSON.stringify({ counts, problems })}`);
};
const open = async (count: number, kind: (index: number) => Kind): Promise<void> => {
  for (let n = 0; n < count; n++) {
    const watcher = new Watcher(ground, kind(watchers.length), watchers.length);
    watchers.push(watcher);
    watcher.connect();
    if (n % 50 === 49) await all(() => watchers.every((each) => each.ready));
  }
  await demand((watcher) => watcher.ready, 'ready');
};
const rounded = (value: number): number => Math.round(value * 10) / 10;

serveParent({
  connect: ({ count }: ClientsOrders['connect']) => open(count, (index) => kindOf(index % 2 === 0 ? 'alerts' : 'events', `team-${(index >> 1) % domains}`)),
  connectToAll: ({ count, after }: ClientsOrders['connectToAll']) => open(count, () => kindOf('alerts', undefined, after)),
  mark() {
    for (const watcher of watchers) watcher.mark();
  },
  async flowing(positions: ClientsOrders['flowing']): Promise<Silence> {
    await demand((watcher) => watcher.isBehind(positions), 'served');
    const silences = watchers.map(({ silence }) => silence).sort((a, b) => a - b);
    return { max: Math.round(silences.at(-1) ?? 0), median: Math.round(silences[silences.length >> 1] ?? 0) };
  },
  async storm(): Promise<number> {
    const begun = now();
    for (const watcher of watchers) {
      watcher.ready = false;
      watcher.cut();
    }
    await demand((watcher) => watcher.ready, 'back');
    return Math.round(now() - begun);
  },
  pause(last: number) {
    for (const watcher of watchers.slice(-last)) watcher.pause();
  },
  resume(last: number) {
    for (const watcher of watchers.slice(-last)) watcher.resume();
  },
  async check({ expected, deadline, which }: ClientsOrders['check']): Promise<Verdict> {
    const asked = [...kinds.values()].filter(({ domain }) => which === 'all' || domain !== undefined);
    const some = watchers.filter(({ kind }) => (asked as readonly Kind[]).includes(kind));
    const wanted = new Map(asked.flatMap(({ domain, sequences, after }) => [...sequences].map(([hub, sequence]) => [sequence, expected.filter((event) => event.hub === hub && event.pos > after && (domain === undefined || event.domain === domain))] as const)));
    const complete = (): boolean => [...wanted].every(([sequence, events]) => sequence.length >= events.length) && some.every((watcher) => watcher.current);
    await all(complete, deadline);
    const late = some.filter((watcher) => !watcher.current).length;
    const differences = [...wanted].flatMap(([sequence, events]) => sequence.differences(events));
    const frames = some.reduce((sum, watcher) => sum + [...watcher.counts.values()].reduce((a, b) => a + b, 0), 0);
    return { problems: [...problems, ...(late > 0 ? [`${late} clients lack events`] : []), ...differences].slice(0, 20), clients: some.length, frames, counts };
  },
  latency(committed: Committed): Latency {
    const moments = new Map(committed);
    const times = Float64Array.from([...kinds.values()].filter(({ domain }) => domain !== undefined).flatMap(({ sequences }) => [...sequences.values()].flatMap((sequence) => sequence.latencies(moments)))).sort();
    const at = (share: number): number => rounded(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
    return { frames: times.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  },
});
