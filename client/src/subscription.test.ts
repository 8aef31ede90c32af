import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPace } from './pace.ts';
import { simulatedClock, simulatedGateway, type SimulatedClock, type SimulatedGateway } from './simulation.fixture.ts';
import { createSubscription, type SubscribeOptions, type Subscription } from './subscription.ts';
import type { SubscriptionValue } from './values.ts';

interface Numbered {
  readonly changed: { readonly n: number };
}
type Value = SubscriptionValue<Numbered>;

interface World {
  readonly clock: SimulatedClock;
  readonly gateway: SimulatedGateway;
  readonly subscription: Subscription<Numbered>;
  /** What was handed out, in order, by `take`. */
  readonly values: Value[];
  /** Asks for the next value; what is there already comes at once. */
  take(count: number): Promise<void>;
}

/** A subscription on a simulated gateway, behind the event 0 unless told otherwise. */
function world(options: SubscribeOptions = { after: '0' }, bounds = { values: 4, characters: 1_000 }, random = () => 0.5): World {
  const clock = simulatedClock();
  const gateway = simulatedGateway();
  const newPace = () => createPace({ clock, random, base: 100, longest: 1_000 });
  const subscription = createSubscription<Numbered>({ query: 'subscription { changed { n } }' }, options, new AbortController().signal, { transport: gateway.transport, clock, pace: newPace(), ownPace: newPace(), bounds });
  const values: Value[] = [];
  return {
    clock, gateway, subscription, values,
    async take(count) {
      for (let left = count; left > 0; left--) void subscription.next().then(({ value }) => value && values.push(value), () => undefined);
      await settled();
    },
  };
}

/** Lets every promise that can be settled be so. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const numbersOf = (values: readonly Value[]): number[] => values.flatMap((value) => (value.kind === 'event' && value.data ? [value.data.changed.n] : []));
const kindsOf = (values: readonly Value[]): string[] => values.map(({ kind }) => kind);

const steps = fc.array(fc.oneof(
  fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('take' as const), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('advance' as const), milliseconds: fc.integer({ min: 0, max: 3_000 }) }),
  fc.record({ do: fc.constant('place' as const), current: fc.boolean() }),
  fc.record({ do: fc.constant('lose' as const), reason: fc.constantFrom('CONNECTION_LOST' as const, 'CONNECTION_FAILED' as const, 'GOING_AWAY' as const, 'RENEWING' as const, 'TOKEN_UNAVAILABLE' as const) }),
  fc.record({ do: fc.constant('refuse' as const), code: fc.constantFrom('TOO_SLOW', 'RATE_LIMITED', 'HUB_UNAVAILABLE', 'INTERNAL'), withCursor: fc.boolean() }),
), { maxLength: 80 });
const purges = fc.record({ do: fc.constant('purge' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) });
type Step = (typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never) | (typeof purges extends fc.Arbitrary<infer One> ? One : never);

async function act({ gateway, clock, take }: World, step: Step): Promise<void> {
  if (step.do === 'append') gateway.append(step.count);
  else if (step.do === 'deliver') gateway.deliver(step.count);
  else if (step.do === 'take') await take(step.count);
  else if (step.do === 'advance') clock.advance(step.milliseconds);
  else if (step.do === 'place') gateway.place(step.current);
  else if (step.do === 'lose') gateway.lose(step.reason);
  else if (step.do === 'purge') gateway.purge(Math.floor(step.share * gateway.last));
  else gateway.refuse(step.code, step.withCursor);
}

/** Lets all that is left arrive. */
async function drain({ gateway, clock, take }: World): Promise<void> {
  for (let round = 0; round < 200; round++) {
    clock.advance(3_000);
    gateway.deliver(5);
    await take(5);
  }
}

describe('a subscription, whatever breaks off and whenever its consumer takes', () => {
  it('hands out every event once and in order', async () => {
    await fc.assert(fc.asyncProperty(steps, fc.double({ min: 0, max: 0.99, noNaN: true }), async (all, luck) => {
      const here = world(undefined, undefined, () => luck);
      await here.take(1);
      for (const step of all) {
        await act(here, step);
        expect(here.gateway.open).toBeLessThanOrEqual(1);
      }
      await drain(here);
      expect(numbersOf(here.values)).toEqual(Array.from({ length: here.gateway.last }, (_, index) => index + 1));
    }), { numRuns: 300 });
  });

  it('tells exactly which events are missing when they are no longer kept', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof({ weight: 6, arbitrary: steps.map(([step]) => step).filter((step) => step !== undefined) }, { weight: 1, arbitrary: purges }), { maxLength: 80 }), async (all) => {
      const here = world();
      await here.take(1);
      for (const step of all) await act(here, step as Step);
      await drain(here);
      let at = 0;
      for (const value of here.values) {
        if (value.kind === 'gap') at += value.missed ?? 0;
        if (value.kind === 'event') expect(value.data?.changed.n).toBe(++at);
      }
      expect(at).toBe(here.gateway.last);
    }), { numRuns: 300 });
  });

  it('says where to resume: behind what was handed out, never behind what only waits', async () => {
    await fc.assert(fc.asyncProperty(steps, async (all) => {
      const here = world();
      await here.take(1);
      for (const step of all) {
        await act(here, step);
        await settled();
        const handedOut = numbersOf(here.values).at(-1) ?? 0;
        // the gateway's own word may be younger, when nothing waits before it; here each event passes the filter
        expect(Number(here.subscription.cursor)).toBe(handedOut);
      }
    }), { numRuns: 200 });
  });

  it('holds no more than its bounds for a consumer that does not take', async () => {
    const here = world();
    await here.take(1);
    here.gateway.append(1_000);
    here.gateway.deliver(1);
    await settled();
    for (let round = 0; round < 20; round++) {
      here.gateway.deliver(50);
      here.clock.advance(1_000);
    }
    expect(here.gateway.open).toBe(0);
    expect(here.clock.pending).toBe(0);
    expect(here.gateway.begun).toEqual(['0']);
    await here.take(3);
    expect(here.gateway.begun).toEqual(['0', '5']);
    expect(numbersOf(here.values)).toEqual([1, 2, 3, 4]);
  });
});

describe('what it tells', () => {
  it('is one interruption, however often it fails to go on, and where it is current', async () => {
    const here = world();
    await here.take(9);
    here.gateway.append(1);
    here.gateway.deliver(1);
    here.gateway.place(true);
    for (let round = 0; round < 5; round++) {
      here.gateway.lose('CONNECTION_FAILED');
      here.clock.advance(5_000);
    }
    here.gateway.append(1);
    here.gateway.deliver(1);
    here.gateway.place(true);
    await settled();
    expect(kindsOf(here.values)).toEqual(['event', 'ready', 'interrupted', 'event', 'ready']);
  });

  it('is nothing when a connection only takes another token', async () => {
    const here = world();
    await here.take(9);
    here.gateway.append(2);
    here.gateway.deliver(1);
    here.gateway.lose('RENEWING');
    here.clock.advance(0);
    here.gateway.deliver(1);
    await settled();
    expect(kindsOf(here.values)).toEqual(['event', 'event']);
  });

  it('is the gap, and then the end, with onGap: stop', async () => {
    const here = world({ after: '0', onGap: 'stop' });
    here.gateway.append(9);
    here.gateway.purge(4);
    await here.take(1);
    here.gateway.deliver(1);
    await settled();
    expect(here.values).toEqual([{ kind: 'gap', reason: 'CURSOR_EXPIRED', message: 'CURSOR_EXPIRED', hub: 'ops', missed: 4, firstAvailable: '4', next: 'end' }]);
    expect(await here.subscription.next()).toEqual({ done: true, value: undefined });
    expect(here.subscription.cursor).toBe('0');
  });

  it('is a gap that ends at the present where there is no other way', async () => {
    const here = world();
    here.gateway.append(3);
    await here.take(9);
    here.gateway.refuse('STREAM_RESET', false);
    here.clock.advance(1_000);
    here.gateway.append(1);
    here.gateway.deliver(1);
    await settled();
    expect(here.values).toMatchObject([{ kind: 'gap', reason: 'STREAM_RESET', next: 'present' }, { kind: 'event', cursor: '4' }]);
  });
});

describe('it ends', () => {
  it.each(['FORBIDDEN', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT'])('with a typed error when refused with %s, after what was handed out before', async (code) => {
    const here = world();
    const first = here.subscription.next();
    here.gateway.append(2);
    here.gateway.deliver(2);
    here.gateway.refuse(code, false);
    expect((await first).value).toMatchObject({ cursor: '1' });
    expect((await here.subscription.next()).value).toMatchObject({ cursor: '2' });
    await expect(here.subscription.next()).rejects.toMatchObject({ name: 'HubgraphError', code });
    expect(await here.subscription.next()).toMatchObject({ done: true });
    expect(here.clock.pending).toBe(0);
  });

  it('with UNAUTHENTICATED when a second token is refused at once', async () => {
    const here = world();
    const first = here.subscription.next();
    here.gateway.lose('UNAUTHENTICATED');
    expect((await first).value).toMatchObject({ kind: 'interrupted', reason: 'UNAUTHENTICATED' });
    const second = here.subscription.next();
    here.clock.advance(1_000);
    here.gateway.lose('UNAUTHENTICATED');
    await expect(second).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('never because tokens end, as long as new ones are good', async () => {
    const here = world();
    await here.take(100);
    for (let round = 0; round < 20; round++) {
      here.clock.advance(6_000);
      here.gateway.lose('UNAUTHENTICATED');
    }
    here.clock.advance(6_000);
    expect(here.gateway.open).toBe(1);
  });

  it.each(['return', 'abort'])('by %s, at once, whatever waits', async (how) => {
    const abort = new AbortController();
    const here = world({ after: '0', signal: abort.signal });
    const first = here.subscription.next();
    here.gateway.append(3);
    here.gateway.deliver(3);
    await first;
    if (how === 'abort') abort.abort();
    else await here.subscription.return();
    expect(await here.subscription.next()).toEqual({ done: true, value: undefined });
    expect(here.gateway.open).toBe(0);
    expect(here.clock.pending).toBe(0);
    expect(here.subscription.cursor).toBe('1');
  });
});
