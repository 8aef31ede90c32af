import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rules, STREAMS } from '@hubgraph/ops/alert/effects';

// The ops hub knows other hubs by what they publish and never imports them: what it waits for must be what they tell.
const { events, streams } = JSON.parse(readFileSync(new URL('../../schema/events.json', import.meta.url), 'utf8')) as { events: { type: string; schema: { properties: object } }[]; streams: { stream: string; eventHub: string }[] };

it('waits for events that there are, in the streams that there are', () => {
  expect(Object.keys(rules).filter((type) => !events.some((event) => event.type === type))).toEqual([]);
  expect(Object.entries(STREAMS).filter(([eventHub, stream]) => !streams.some((one) => one.eventHub === eventHub && one.stream === stream))).toEqual([]);
});
