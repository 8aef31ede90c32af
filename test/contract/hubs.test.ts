import { describe, expect, it } from 'vitest';
import { loadHubs } from '../../scripts/hubs.ts';
import { buildSchemaFiles } from '../../scripts/schema/build.ts';
import { widgetHub } from '../../scripts/schema/widgets.fixture.ts';
import { hubContract } from './hub.contract.ts';
import { aloneApi, hubRules } from './hub.rules.ts';

const hubs = await loadHubs();

describe('all hubs together', () => {
  it('compose without a hint', () => {
    expect(buildSchemaFiles(hubs, []).hints).toEqual([]);
  });
});

for (const hub of hubs) hubContract(hub);

describe('the contract itself', () => {
  const faultsOf = (rule: string, definition = widgetHub()) => hubRules[rule]?.(definition, aloneApi(definition));

  it('finds what is not described', () => {
    const rule = 'describes every type, field, argument and enum value';
    expect(faultsOf(rule)).toEqual([]);
    expect(faultsOf(rule, widgetHub({ undescribed: true }))).toEqual(['widgets: Widget.name has no description']);
  });

  it('finds a noun that hides its lifecycle', () => {
    expect(faultsOf('shows of every noun with a lifecycle where it stands, what is possible and what was')).toEqual([
      'Widget.allowedTransitions is undefined and not [AllowedTransition!]!', 'Widget.history is undefined and not [TransitionRecord!]!',
    ]);
  });

  it('finds verbs without a mutation and events without a row', () => {
    expect(faultsOf('has a mutation for every verb of its lifecycles')).toEqual(['draftWidget is a verb without a mutation', 'dropWidget is a verb without a mutation']);
    expect(faultsOf('has an event for every row of its lifecycles, and a row for every event of a state')).toEqual(['org.widgethub.widget.counted is in events.ts and no lifecycle row emits it']);
  });
});
