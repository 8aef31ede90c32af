import type { createHubBuilder, HubContext } from './builder.ts';

type Builder<Context extends HubContext> = ReturnType<typeof createHubBuilder<Context>>;

/** Adds an enum of the words of a model, each with what is said of it. */
export function words<Context extends HubContext, const Values extends readonly string[]>(builder: Builder<Context>, name: string, description: string, values: Values, said: Readonly<Record<Values[number], string>>) {
  return builder.enumType(name, { description, values: Object.fromEntries(values.map((value) => [value, { description: said[value as Values[number]] }])) as Record<Values[number], { description: string }> });
}
