import type { HubDefinition } from '@hubgraph/kit/hub';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GraphQLSchema } from 'graphql';
import { aloneApi, hubRules } from './hub.rules.ts';

/** Declares the tests of what every hub promises, whatever its domain; each rule lists every place where it is broken. */
export function hubContract(definition: HubDefinition): void {
  describe(`${definition.manifest.name} keeps the hub contract`, () => {
    let api: GraphQLSchema;
    beforeAll(() => {
      api = aloneApi(definition);
    });
    it.each(Object.keys(hubRules))('%s', (rule) => {
      expect(hubRules[rule]?.(definition, api)).toEqual([]);
    });
  });
}
