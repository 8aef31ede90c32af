import { readdirSync, readlinkSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { streamInfo } from '../outbox.ts';
import type { EventGraph } from '../event-graph.ts';

/** What a gateway, alone in this process with its visitors, holds at a moment. */
export interface Leftovers {
  /** Consumers of each stream, as the NATS server counts them. */
  readonly consumers: readonly (number | undefined)[];
  readonly sockets: number;
  readonly subscriptions: number;
  /** Seats at the topics: one for each group with members at the tail. */
  readonly seats: number;
  /** Open sockets of the process. */
  readonly descriptors: number;
  /** Bytes of heap after everything was collected. */
  readonly heap: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Counts it. */
export async function leftovers({ subscriptions, reporter }: EventGraph, natsUrl: string, streams: readonly string[]): Promise<Leftovers> {
  const consumers = await Promise.all(streams.map(async (stream) => (await streamInfo(natsUrl, stream))?.state.consumer_count));
  const descriptors = readdirSync('/proc/self/fd').filter((fd) => isSocket(fd)).length;
  // what it told is kept by the tests alone
  reporter.forget();
  collect();
  return { consumers, sockets: subscriptions.sockets, subscriptions: subscriptions.path.live.size, seats: subscriptions.path.seats, descriptors, heap: process.memoryUsage().heapUsed };
}

function isSocket(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
  } catch {
    // closed meanwhile, as the one of the listing itself
    return false;
  }
}
