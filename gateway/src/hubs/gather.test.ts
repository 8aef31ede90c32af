import { GraphQLError, type ExecutionResult } from 'graphql';
import { expect, it } from 'vitest';
import type { HubCall, HubCaller } from './caller.ts';
import { gathered } from './gather.ts';

const QUERY = 'query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }';
const call = (ids: readonly number[], sub = 'class:a', query = QUERY): HubCall => ({
  query, kind: 'query', variables: { representations: ids.map((id) => ({ __typename: 'Thing', id })) }, requestId: 'r', signal: new AbortController().signal,
  identity: { sub, roles: [], scopes: [] },
});

/** A hub that doubles ids, fails below those that end in 7 and knows none above 900. */
function hub(answer?: (ids: number[]) => ExecutionResult): HubCaller & { readonly asked: number[][] } {
  const asked: number[][] = [];
  return {
    hub: 'hub', asked,
    async call({ variables }) {
      const ids = (variables.representations as { id: number }[]).map(({ id }) => id);
      asked.push(ids);
      if (answer) return answer(ids);
      const errors = ids.flatMap((id, index) => (id % 10 === 7 ? [new GraphQLError(`no ${id}`, { path: ['_entities', index, 'name'] })] : []));
      return { data: { _entities: ids.map((id) => (id > 900 ? null : { id: id * 2 })) }, ...(errors.length > 0 && { errors }) };
    },
    async close() {},
  };
}

it('puts what is asked in one turn as one call, and deals out entities and errors', async () => {
  const target = hub();
  const caller = gathered(target);
  const [one, two, three] = await Promise.all([caller.call(call([1, 17])), caller.call(call([901])), caller.call(call([7, 4]))]);
  expect(target.asked).toEqual([[1, 17, 901, 7, 4]]);
  expect([one, two, three].map((result) => result!.data?._entities)).toEqual([[{ id: 2 }, { id: 34 }], [null], [{ id: 14 }, { id: 8 }]]);
  expect([one, two, three].map((result) => result!.errors?.map(({ message, path }) => [message, path]))).toEqual([[['no 17', ['_entities', 1, 'name']]], undefined, [['no 7', ['_entities', 0, 'name']]]]);
});

it('never mixes callers with different rights, other questions, or more than it may ask at once', async () => {
  const target = hub();
  const caller = gathered(target);
  await Promise.all([caller.call(call([1])), caller.call(call([2], 'class:b')), caller.call(call([3], 'class:a', `${QUERY} `))]);
  expect(target.asked).toEqual([[1], [2], [3]]);
  target.asked.length = 0;
  await Promise.all(Array.from({ length: 1_000 }, (_, id) => caller.call(call([id]))));
  expect(target.asked.map(({ length }) => length)).toEqual([500, 500]);
});

it('puts each call alone when the answer to all is none, and hands a failure to all', async () => {
  const target = hub((ids) => (ids.includes(3) ? { data: null, errors: [new GraphQLError('poison')] } : { data: { _entities: ids.map((id) => ({ id })) } }));
  const results = await Promise.all([1, 3, 2].map((id) => gathered(target).call(call([id]))));
  expect(results.map(({ data }) => data?._entities)).toEqual([[{ id: 1 }], undefined, [{ id: 2 }]]);
  const caller = gathered(target);
  expect((await Promise.all([1, 3, 2].map((id) => caller.call(call([id]))))).map(({ data }) => data?._entities)).toEqual([[{ id: 1 }], undefined, [{ id: 2 }]]);
  const broken = gathered(hub(() => {
    throw new Error('away');
  }));
  const outcomes = await Promise.allSettled([broken.call(call([1])), broken.call(call([2]))]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
