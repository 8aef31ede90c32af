import { createHubBuilder, FEDERATION_LINK, type HubContext } from '@hubgraph/kit/graphql/builder';
import type { ChangeInput } from '@hubgraph/kit/change';
import { changeFields, addMutation } from '@hubgraph/kit/graphql/mutation';
import { defineCodes } from '@hubgraph/kit/errors';
import { defineConfig, kinds } from '@hubgraph/kit/config';
import { defineEvents } from '@hubgraph/kit/events';
import type { HubDefinition, HubManifest } from '@hubgraph/kit/hub';
import { defineLifecycle } from '@hubgraph/kit/lifecycle';
import { z } from 'zod';

/** What a test may change about the made-up hub. */
export interface WidgetOptions {
  readonly name?: string;
  /** Adds a field `colour` to the noun. */
  readonly colour?: boolean;
  /** Leaves the description of `name` out. */
  readonly undescribed?: boolean;
  /** Another noun, so that two such hubs compose. */
  readonly noun?: string;
}

interface WidgetRow {
  readonly id: string;
  readonly status: 'DRAFT' | 'READY' | 'GONE';
  readonly version: number;
  readonly name: string;
}

/** A small made-up hub with one noun, for tests of what works on hubs in general. */
export function widgetHub(options: WidgetOptions = {}): HubDefinition {
  const name = options.name ?? 'widgets';
  const noun = options.noun ?? 'Widget';
  const small = noun.toLowerCase();
  const manifest: HubManifest = { name, eventHub: `${small}hub`, stream: `EVENTS_${name.toUpperCase()}`, port: 4999 };
  const lifecycle = defineLifecycle({
    noun,
    states: { DRAFT: { about: 'Being made.' }, READY: { about: 'Can be used.' }, GONE: { about: 'Kept for the record.', terminal: true } },
    births: [{ verb: `draft${noun}`, to: 'DRAFT', who: ['author'], emits: `${small}.drafted` }],
    rows: [
      { verb: `ready${noun}`, from: ['DRAFT'], to: 'READY', who: ['author'], when: [{ code: 'NAMED', about: 'it has a name', unmet: (facts: { name: string }) => (facts.name ? [] : [{ message: 'Name it.' }]) }], emits: `${small}.readied` },
      { verb: `drop${noun}`, from: ['DRAFT', 'READY'], to: 'GONE', who: ['maintainer'], emits: `${small}.dropped` },
    ],
  });
  const data = z.object({ id: z.uuid(), from: z.string().nullable(), to: z.string(), note: z.string().optional() });
  const events = defineEvents({
    manifest,
    feeds: {
      [`${small}Changed`]: {
        noun, description: `${noun}s as they change.`, status: `${noun}Status`, scopes: [['hub:read']],
        filter: {
          domains: { type: '[String!]', path: 'domain', description: 'Slugs of domains.' },
          statuses: { type: `[${noun}Status!]`, path: 'data.to', description: 'States after the change.' },
        },
      },
    },
    types: {
      [`${small}.drafted`]: { version: 1, description: 'One was drafted.', feed: `${small}Changed`, data },
      [`${small}.readied`]: { version: 1, description: 'One became ready.', feed: `${small}Changed`, data },
      [`${small}.dropped`]: { version: 1, description: 'One was dropped.', feed: `${small}Changed`, data },
      [`${small}.counted`]: { version: 2, description: 'Somebody counted them.', data: z.object({ id: z.uuid(), count: z.int() }) },
    },
  });
  return {
    manifest, events, lifecycles: [lifecycle as never], schema: widgetSchema(noun, options),
    errors: defineCodes({ WIDGET_JAMMED: { kind: 'refused', retry: 'later', say: 'Wait | then try again.' } }),
    config: defineConfig({ WIDGET_LIMIT: { schema: kinds.integer(1, 10), default: '5', about: 'Widgets at once.' } }),
    create: () => Promise.reject(new Error('a made-up hub does not run')),
  };
}

function widgetSchema(noun: string, options: WidgetOptions) {
  const builder = createHubBuilder<HubContext>();
  const Status = builder.enumType(`${noun}Status`, { description: 'Where it stands.', values: { DRAFT: { description: 'Being made.' }, READY: { description: 'Can be used.' }, GONE: { description: 'Kept.' } } });
  const Widget = builder.objectRef<WidgetRow>(noun);
  Widget.implement({
    description: 'A made-up noun.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Key.' }),
      name: t.exposeString('name', options.undescribed ? {} : { description: 'What people call it.' }),
      status: t.field({ type: Status, description: 'Where it stands.', resolve: (row) => row.status }),
      version: t.exposeInt('version', { description: 'Counts changes.' }),
      ...(options.colour ? { colour: t.string({ description: 'Its colour.', resolve: () => 'red' }) } : {}),
    }),
  });
  builder.asEntity(Widget, { key: builder.selection<{ id: string }>('id'), resolveReference: (key) => ({ id: key.id, status: 'DRAFT' as const, version: 1, name: 'x' }) });
  builder.queryField(noun.toLowerCase(), (t) => t.field({ type: Widget, nullable: true, description: 'One by its key.', requiresScopes: [['hub:read']], args: { id: t.arg.id({ required: true, description: 'Its key.' }) }, resolve: () => null }));
  const input = builder.inputType(`Ready${noun}Input`, { description: 'What it needs.', fields: (t) => ({ id: t.id({ required: true, description: 'Which.' }), ...changeFields<HubContext>(t as never) }) });
  addMutation<HubContext, ChangeInput & { id: string }, Record<string, WidgetRow>>(builder, {
    verb: `ready${noun}`, description: 'Makes it usable.', scopes: [['ops:write']], input: input as never, payload: { [noun.toLowerCase()]: Widget } as never,
    run: () => Promise.reject(new Error('a made-up hub does not run')),
  });
  return builder.toSubGraphSchema({ linkUrl: FEDERATION_LINK });
}
