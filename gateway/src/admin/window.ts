import { PublicError } from '@hubgraph/kit/errors';
import { DEFAULT_PAGE, MAX_PAGE, type PageArgs } from '@hubgraph/kit/page';

/** One page of a list in memory. */
export interface Window<Item> {
  readonly edges: readonly { readonly cursor: string; readonly node: Item }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean; readonly startCursor: string | null; readonly endCursor: string | null };
}

/**
 * A page of `items`, which are in the order of `keyOf`. Cursors are keys, so pages are stable while items come and go.
 *
 * @throws PublicError `BAD_USER_INPUT` for sizes out of 0 to 200, `first` with `last`, or a cursor that is none
 */
export function windowOf<Item>(items: readonly Item[], keyOf: (item: Item) => string, { first, after, last, before }: PageArgs): Window<Item> {
  if (first != null && last != null) throw new PublicError('BAD_USER_INPUT', 'Give first or last, not both.');
  const size = first ?? last ?? DEFAULT_PAGE;
  if (size < 0 || size > MAX_PAGE) throw new PublicError('BAD_USER_INPUT', `${last == null ? 'first' : 'last'} is ${size}; a page has 0 to ${MAX_PAGE} entries.`, { limit: MAX_PAGE, value: size });
  const [from, to] = [readCursor(after, 'after'), readCursor(before, 'before')];
  const between = items.filter((item) => (from === undefined || keyOf(item) > from) && (to === undefined || keyOf(item) < to));
  const kept = last == null ? between.slice(0, size) : between.slice(Math.max(0, between.length - size));
  const more = between.length > kept.length;
  const edges = kept.map((node) => ({ cursor: writeCursor(keyOf(node)), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: last == null ? more : to !== undefined,
      hasPreviousPage: last == null ? from !== undefined : more,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

const MARK = 'k:';

function writeCursor(key: string): string {
  return Buffer.from(MARK + key).toString('base64url');
}

function readCursor(text: string | null | undefined, name: string): string | undefined {
  if (text === null || text === undefined) return undefined;
  const key = Buffer.from(text, 'base64url').toString();
  if (!key.startsWith(MARK)) throw new PublicError('BAD_USER_INPUT', `${name} is not a cursor of this list.`);
  return key.slice(MARK.length);
}
