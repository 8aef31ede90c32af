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
  /** Opens so many more, of one kind if need be, and with or without a filter; answers when all have a place. */
  connect: { readonly count: number; readonly only?: 'alerts'; readonly everything?: boolean };
  /** Begins to measure silence anew. */
  mark: true;
  /** Waits until every client has got an event behind these positions of the hubs it follows; answers {@link Silence} since the mark. */
  flowing: Readonly<Record<string, number>>;
  /** Cuts all connections at once; answers milliseconds until all have a place again. */
  storm: true;
  /** Lets the last so many clients stop reading, or go on. */
  pause: number;
  resume: number;
  /** Waits until all clients have what the outbox has; answers {@link Verdict}. */
  check: { readonly expected: readonly Expected[]; readonly deadline: number };
  /** {@link Latency} of these events to the clients that follow one domain. */
  latency: Committed;
}

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
const kinds = new Map<string, Kind & { readonly domain: string | undefined }>();
const ground: Ground = {
  ports,
  authorization: `Bearer ${token}`,
  wrong: (problem) => void (problems.length < 20 && problems.push(problem)),
  count: (what) => void (counts[what] = (counts[what] ?? 0) + 1),
};

/** All clients of a kind share it, and so its sequences. */
function kindOf(name: 'alerts' | 'events', domain: string | undefined) {
  const key = `${name} ${domain}`;
  let kind = kinds.get(key);
  if (kind) return kind;
  const hubs = name === 'alerts' ? ['ops'] : ['ops', 'governance'];
  const sequences: ReadonlyMap<string, Sequence> = new Map(hubs.map((hub) => [hub, createSequence()]));
  const filter = domain === undefined ? {} : { domains: [domain] };
  const asked = name === 'alerts'
    ? { query: 'subscription Alerts($filter: AlertEventFilter) { alertChanged(filter: $filter) { id type to alert { id title } } }', variables: { filter }, hubOf: () => 'ops' }
    : { query: 'subscription Events($types: [String!]!, $domains: [String!]) { hubEvents(types: $types, domains: $domains) { id type time actor } }', variables: { types: ['org.opshub.alert.*', 'org.statehub.>'], ...filter }, hubOf: (type?: string) => EVENT_HUBS[type?.split('.')[1] ?? ''] ?? '' };
  kinds.set(key, (kind = { ...asked, sequences, domain }));
  return kind;
}

const all = async (what: (watcher: Watcher) => boolean, deadline = 60_000): Promise<boolean> => {
  const end = now() + deadline;
  while (!watchers.every(what)) {
    if (now() > end) return false;
    await delay(10);
  }
  return true;
};
const demand = async (what: (watcher: Watcher) => boolean, name: string): Promise<void> => {
  if (!(await all(what))) throw new Error(`${watchers.filter((watcher) => !what(watcher)).length} of ${watchers.length} clients are not ${name}: ${JSON.stringify({ counts, problems })}`);
};
const rounded = (value: number): number => Math.round(value * 10) / 10;

serveParent({
  async connect({ count, only, everything }: ClientsOrders['connect']) {
    for (let n = 0; n < count; n++) {
      const index = watchers.length;
      const watcher = new Watcher(ground, kindOf(only ?? (index % 2 === 0 ? 'alerts' : 'events'), everything ? undefined : `team-${(index >> 1) % domains}`), index);
      watchers.push(watcher);
      watcher.connect();
      if (n % 50 === 49) await all((each) => each.ready);
    }
    await demand((watcher) => watcher.ready, 'ready');
  },
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
  async check({ expected, deadline }: ClientsOrders['check']): Promise<Verdict> {
    const wanted = new Map([...kinds.values()].flatMap(({ domain, sequences }) => [...sequences].map(([hub, sequence]) => [sequence, expected.filter((event) => event.hub === hub && (domain === undefined || event.domain === domain))] as const)));
    const complete = (): boolean => [...wanted].every(([sequence, events]) => sequence.length >= events.length);
    await all((watcher) => complete() && watcher.current, deadline);
    const late = watchers.filter((watcher) => !watcher.current).length;
    const differences = [...wanted].flatMap(([sequence, events]) => sequence.differences(events));
    const frames = watchers.reduce((sum, watcher) => sum + [...watcher.counts.values()].reduce((a, b) => a + b, 0), 0);
    return { problems: [...problems, ...(late > 0 ? [`${late} clients lack events`] : []), ...differences].slice(0, 20), clients: watchers.length, frames, counts };
  },
  latency(committed: Committed): Latency {
    const moments = new Map(committed);
    const times = Float64Array.from([...kinds.values()].filter(({ domain }) => domain !== undefined).flatMap(({ sequences }) => [...sequences.values()].flatMap((sequence) => sequence.latencies(moments)))).sort();
    const at = (share: number): number => rounded(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
    return { frames: times.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  },
});
