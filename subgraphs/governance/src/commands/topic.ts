import { lineProblems, slugProblems, textProblems } from '@hubgraph/kit/fields';
import { newId } from '@hubgraph/kit/ids';
import { duplicate, Refused } from '@hubgraph/kit/refusal';
import type { Topic } from '../model.ts';
import { topics } from '../store/index.ts';
import { domainOf, type Work } from './common.ts';

export interface CreateTopicInput {
  readonly slug: string;
  readonly domain: string;
  readonly title: string;
  readonly description?: string | null;
}

/** Creates a topic of a domain under a slug that is free. */
export async function createTopic(work: Work, input: CreateTopicInput): Promise<{ topic: Topic } | Refused> {
  const wrong = [...slugProblems(input.slug), ...lineProblems('title', input.title), ...textProblems({ description: input.description })];
  if (wrong.length > 0) return new Refused(wrong);
  const domain = await domainOf(work.tx, input.domain);
  if (domain instanceof Refused) return domain;
  const topic = await topics.insert(work.tx, { id: newId(), slug: input.slug, domainId: domain.id, title: input.title, description: input.description ?? null, createdAt: work.now, updatedAt: work.now, version: 1 });
  if (topic === null) return duplicate('topic', input.slug, (await topics.bySlugs(work.tx, [input.slug])).get(input.slug)?.id ?? '', ['slug']);
  work.record('topic.created', { subject: `topic/${topic.id}`, domain: domain.slug, data: { id: topic.id, slug: topic.slug, version: topic.version } });
  return { topic };
}
