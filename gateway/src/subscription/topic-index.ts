import type { CloudEvent } from '@hubgraph/kit/events';
import { valueAt } from './catalogue.ts';
import type { Topic } from './topics.ts';

/** Finds the topics of an event without looking at all of them. */
export interface TopicIndex<Item extends { readonly topic: Topic }> {
  add(item: Item): void;
  delete(item: Item): void;
  /** Those whose topic the event matches. A copy: it may be changed while it is walked. */
  matching(event: CloudEvent): Item[];
}

/** Items of one event type: by the value of one restriction each, or with none that could tell them apart. */
interface Shelf<Item> {
  readonly byPath: Map<string, Map<string, Set<Item>>>;
  readonly open: Set<Item>;
}

/** What tells most subscriptions apart comes first; other paths have their place behind these, in the order given. */
const MOST_TELLING = ['data.id', 'data.code', 'data.dedupKey', 'data.slug', 'data.workstream', 'data.service', 'data.repo', 'domain', 'data.domains'];

/** An empty index: by event type, then by the values of the restriction that lets fewest events pass. */
export function createTopicIndex<Item extends { readonly topic: Topic }>(): TopicIndex<Item> {
  const shelves = new Map<string, Shelf<Item>>();

  /** The sets that an item stands in, made when they are missing. */
  const placesOf = (item: Item): { readonly shelf: Shelf<Item>; readonly set: Set<Item>; drop(): void }[] =>
    [...item.topic.types].flatMap((type) => {
      let shelf = shelves.get(type);
      if (!shelf) shelves.set(type, (shelf = { byPath: new Map(), open: new Set() }));
      const here = shelf;
      const telling = mostTelling(item.topic);
      if (!telling) return [{ shelf: here, set: here.open, drop: () => undefined }];
      let byValue = here.byPath.get(telling.path);
      if (!byValue) here.byPath.set(telling.path, (byValue = new Map()));
      const values = byValue;
      return [...telling.values].map((value) => {
        let set = values.get(value);
        if (!set) values.set(value, (set = new Set()));
        return {
          shelf: here, set,
          drop() {
            values.delete(value);
            if (values.size === 0) here.byPath.delete(telling.path);
          },
        };
      });
    });

  return {
    add(item) {
      for (const { set } of placesOf(item)) set.add(item);
    },
    delete(item) {
      for (const { set, drop } of placesOf(item)) {
        set.delete(item);
        if (set.size === 0) drop();
      }
      for (const type of item.topic.types) {
        const shelf = shelves.get(type);
        if (shelf && shelf.open.size === 0 && shelf.byPath.size === 0) shelves.delete(type);
      }
    },
    matching(event) {
      const shelf = shelves.get(event.type);
      if (!shelf) return [];
      const found = new Set(shelf.open);
      for (const [path, byValue] of shelf.byPath) {
        const value = valueAt(event, path);
        if (value === undefined || value === null) continue;
        for (const one of Array.isArray(value) ? value : [value]) for (const item of byValue.get(String(one)) ?? []) found.add(item);
      }
      return [...found].filter(({ topic }) => topic.matches(event));
    },
  };
}

function mostTelling({ restrictions }: Topic): Topic['restrictions'][number] | undefined {
  const rank = (path: string): number => {
    const place = MOST_TELLING.indexOf(path);
    return place === -1 ? MOST_TELLING.length : place;
  };
  // the types are told apart already
  return restrictions.filter(({ path }) => path !== 'type').toSorted((one, other) => rank(one.path) - rank(other.path) || one.values.size - other.values.size)[0];
}
