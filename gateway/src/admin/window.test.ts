import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowOf } from './window.ts';

const keyOf = (key: string): string => key;
const sortedKeys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 60 }).map((keys) => keys.sort());

describe('a page of a list in memory', () => {
  it('paging forwards or backwards meets every item once, in order, whatever the size', () => {
    fc.assert(fc.property(sortedKeys, fc.integer({ min: 1, max: 20 }), fc.boolean(), (keys, size, backwards) => {
      const met: string[] = [];
      for (let cursor: string | null | undefined, more = true; more; ) {
        const page = windowOf(keys, keyOf, backwards ? { last: size, before: cursor } : { first: size, after: cursor });
        const nodes = page.edges.map(({ node }) => node);
        if (backwards) met.unshift(...nodes);
        else met.push(...nodes);
        cursor = backwards ? page.pageInfo.startCursor : page.pageInfo.endCursor;
        more = backwards ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage;
      }
      expect(met).toEqual(keys);
    }));
  });

  it('is stable while items come and go: who was there all the time is met once', () => {
    fc.assert(fc.property(sortedKeys, fc.integer({ min: 1, max: 5 }), fc.func(fc.boolean()), (keys, size, stays) => {
      const steady = keys.filter((key) => stays(key));
      const first = windowOf(keys, keyOf, { first: size });
      const met = first.edges.map(({ node }) => node);
      for (let cursor = first.pageInfo.endCursor, more = first.pageInfo.hasNextPage; more; ) {
        const page = windowOf(steady, keyOf, { first: size, after: cursor });
        met.push(...page.edges.map(({ node }) => node));
        [cursor, more] = [page.pageInfo.endCursor, page.pageInfo.hasNextPage];
      }
      expect(met.filter((key) => stays(key))).toEqual(steady);
    }));
  });

  it('refuses sizes out of bounds, both directions, and what is no cursor', () => {
    for (const args of [{ first: -1 }, { last: 201 }, { first: 1, last: 1 }, { after: 'x' }, { before: '' }]) {
      expect(() => windowOf(['a'], keyOf, args), JSON.stringify(args)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
    }
  });
});
