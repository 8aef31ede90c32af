import type { Source } from '@hubgraph/kit/front-matter/source';
import { fieldsOf, readYaml } from '@hubgraph/kit/front-matter/yaml';
import type { Field, Fragment } from '@hubgraph/kit/front-matter/yaml';
import type { Priority, WorkstreamStatus } from '../model.ts';
import { WORKSTREAM_CODE } from './codes.ts';
import { FieldReader } from './fields.ts';
import { limits } from './model.ts';
import type { Problem } from './model.ts';
import type { Span } from './outline.ts';
import { priorityWords, workstreamWords } from './words.ts';

/** What the front matter says; required facts are undefined only after their absence was reported. */
export interface Header {
  readonly code?: string;
  readonly title?: string;
  readonly domain?: string;
  readonly repo?: string;
  readonly status?: WorkstreamStatus;
  readonly owner?: string;
  readonly topic?: string;
  readonly planningPriority?: Priority;
  readonly planningOrder?: number;
  readonly dependsOn?: readonly string[];
  readonly supersededBy?: string;
  readonly createdOn?: string;
  readonly updatedOn?: string;
  readonly id?: string;
  readonly notices: readonly Problem[];
  /** The list `tasks:`, unread. */
  readonly items?: { readonly fragment: Fragment; readonly field: Field };
}

const SLUG = /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/;

/** Reads the front matter; undefined after having reported that there is none, or none that is YAML. */
export function readHeader(source: Source, frontMatter: Span | undefined): Header | undefined {
  if (frontMatter === undefined) {
    const opened = source.text.startsWith('---');
    source.report(0, opened ? 'The front matter opened here is never closed; end it with a line `---`.' : 'There is no front matter; begin the file with `---`, the fields, and `---`.');
    return undefined;
  }
  const fragment = readYaml(source, frontMatter.start, frontMatter.end);
  if (fragment === undefined) return undefined;
  const fields = fieldsOf(fragment, fragment.document.contents, 'The front matter', frontMatter.start);
  return fields && headerOf(new FieldReader(fragment, fields));
}

function headerOf(read: FieldReader): Header {
  const type = read.text('type');
  if (type !== 'workplan') read.refuse('type', type === undefined ? 'type is missing; write `type: workplan`.' : `type is ${type}; a workplan says \`type: workplan\`.`);
  const tasks = read.raw('tasks');
  return {
    code: read.required('id', read.shaped('id', WORKSTREAM_CODE, 'a code such as CUST-WP-0040')),
    title: read.line('title', limits.title),
    domain: read.required('domain', read.shaped('domain', SLUG, 'a slug such as custodian')),
    repo: read.shaped('repo', SLUG, 'a slug such as state-hub'),
    status: read.required('status', read.word('status', workstreamWords)),
    owner: read.line('owner'),
    topic: read.shaped('topic_slug', SLUG, 'a slug such as custodian') ?? read.shaped('topic', SLUG, 'a slug such as custodian'),
    planningPriority: read.word('planning_priority', priorityWords),
    planningOrder: read.integer('planning_order'),
    dependsOn: read.codes('depends_on'),
    supersededBy: read.shaped('superseded_by', WORKSTREAM_CODE, 'a code such as CUST-WP-0040'),
    createdOn: read.date('created'),
    updatedOn: read.date('updated'),
    id: read.uuid('state_hub_workstream_id'),
    notices: read.unread(['tasks']),
    items: tasks && { fragment: read.fragment, field: tasks },
  };
}
