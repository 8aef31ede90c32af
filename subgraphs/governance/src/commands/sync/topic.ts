import { Refused } from '@hubgraph/kit/refusal';
import type { Domain, Topic } from '../../model.ts';
import { topics } from '../../store/index.ts';
import type { Work } from '../common.ts';
import { createTopic } from '../topic.ts';

/** The topic that a file names; made by the ordinary command when the graph does not know it. */
export async function ensureTopic(work: Work, slug: string, domain: Domain): Promise<Topic | Refused> {
  const known = (await topics.bySlugs(work.tx, [slug])).get(slug);
  if (known !== undefined) return known;
  const made = await createTopic(work, { slug, domain: domain.slug, title: slug });
  return made instanceof Refused ? made : made.topic;
}
