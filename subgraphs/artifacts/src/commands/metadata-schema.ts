import { isDeepStrictEqual } from 'node:util';
import { textProblems } from '@hubgraph/kit/fields';
import { newId } from '@hubgraph/kit/ids';
import { invalidField, Refused } from '@hubgraph/kit/refusal';
import { schemaProblems } from '../content/metadata.ts';
import type { MetadataSchema } from '../model.ts';
import { metadataSchemas } from '../store/index.ts';
import { audit } from './audit.ts';
import type { Work } from './common.ts';

export interface RegisterMetadataSchemaInput {
  /** `<name>.v<number>` */
  readonly key: string;
  readonly schema?: unknown;
  readonly description?: string | null;
  /** Whether it may take the place of another document under the key that nothing uses yet. */
  readonly replace?: boolean | null;
}

const MAX_KEY = 100;
const MAX_DESCRIPTION = 2_000;
const KEY = /^([a-z0-9]+(?:[.-][a-z0-9]+)*)\.v([1-9]\d{0,8})$/;

/** Registers what metadata must look like. The same again is no change; a schema that a finalized package uses never changes. */
export async function registerMetadataSchema(work: Work, input: RegisterMetadataSchemaInput): Promise<{ schema: MetadataSchema } | Refused> {
  const [, name, number] = (input.key.length <= MAX_KEY && KEY.exec(input.key)) || [];
  const wrong = [
    ...(name === undefined ? [invalidField(['key'], `A key is a name of lower-case words with dots or dashes between them, .v and the number of the version, such as guide-board.run.v1; at most ${MAX_KEY} characters.`)] : []),
    ...schemaProblems(input.schema).map((message) => invalidField(['schema'], message)),
    ...textProblems({ description: input.description }, MAX_DESCRIPTION),
  ];
  if (wrong.length > 0 || name === undefined) return new Refused(wrong);
  // as the database will have it, so that what is registered again is found to be the same
  const document = { schema: JSON.parse(JSON.stringify(input.schema)) as MetadataSchema['schema'], description: input.description ?? null };
  const written = { ...document, createdBy: work.caller.sub, createdAt: work.now };
  const inserted = await metadataSchemas.insert(work.tx, { ...written, id: newId(), key: input.key, name, number: Number(number), usedAt: null });
  if (inserted !== null) return registered(work, inserted, false);

  const before = await metadataSchemas.lockByKey(work.tx, input.key);
  if (before === null) throw new Error(`metadata schema ${input.key} is gone, although schemas never go`);
  if (isDeepStrictEqual(document, { schema: before.schema, description: before.description })) return { schema: before };
  if (before.usedAt !== null) return taken(before, `${before.key} is in use and stays as it is: register ${name}.v${before.number + 1}.`);
  if (!input.replace) return taken(before, `There is already another metadata schema ${before.key}; nothing uses it yet, so \`replace: true\` puts this one in its place.`);
  return registered(work, await metadataSchemas.replace(work.tx, before, written), true);
}

async function registered(work: Work, schema: MetadataSchema, replaced: boolean): Promise<{ schema: MetadataSchema }> {
  await audit(work, { action: 'registerMetadataSchema', data: { key: schema.key, id: schema.id, replaced } });
  return { schema };
}

function taken({ id }: MetadataSchema, message: string): Refused {
  return new Refused([{ type: 'Duplicate', code: 'DUPLICATE', message, path: ['input', 'key'], existingId: id }]);
}
