import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operation, startSampleGraph, type SampleGraph } from '../harness/sample-graph.ts';
import { connectClient } from '../harness/subscriber.ts';

// What a newcomer does after `npm start`, in both topologies, on the sample organisation.
describe.each(['single', 'processes'] as const)('the graph in the topology %s', (topology) => {
  let graph: SampleGraph;
  const post: SampleGraph['post'] = (...asked) => graph.post(...asked);

  beforeAll(async () => {
    graph = await startSampleGraph(topology);
  }, 90_000);
  afterAll(() => graph[Symbol.asyncDispose]());

  it('answers Orientation with the sample organisation', async () => {
    const { status, body } = await post(operation('orientation'), {}, 'viewer');
    expect(status).toBe(200);
    expect(body.errors).toBeUndefined();
    expect(body.data.stateSummary).toMatchObject({ domains: 3, repos: 5, openDecisions: 1 });
    expect(body.data.domains.nodes.map((domain: any) => domain.slug)).toEqual(['custodian', 'infotech', 'stack']);
    const codes = body.data.domains.nodes.flatMap((domain: any) => domain.workstreams.nodes.map((workstream: any) => workstream.code));
    expect(codes).toEqual(expect.arrayContaining(['CUST-WP-0002', 'CUST-WP-0025', 'CUST-WP-0040', 'ARTIFACT-STORE-WP-0005']));
  });

  it('refuses to complete a workstream with open tasks, lists them, and a subscriber sees what happened', async () => {
    const bob = ['maintainer', 'bob'] as const;
    await using client = await connectClient(graph.url.replace('http', 'ws'), { authorization: `Bearer ${await graph.token(...bob)}` });
    const { body: found } = await post('{ workstream(code: "CUST-WP-0025") { id } }', {}, ...bob);
    const { body } = await post(operation('refused'), { id: found.data.workstream.id }, ...bob);
    expect(body.data.openClosureReview).toMatchObject({ workstream: { status: 'CLOSING' }, errors: [], cursor: expect.stringMatching(/^v1\./) });
    expect(body.data.completeWorkstream.workstream).toBeNull();
    const [refused] = body.data.completeWorkstream.errors;
    expect(refused).toMatchObject({ __typename: 'ClosureRefused', code: 'CLOSURE_REFUSED' });
    expect(refused.blockers.filter((blocker: any) => blocker.task?.status !== 'DONE' && blocker.task).length).toBe(4);

    const { body: back } = await post('mutation ($id: ID!) { rejectClosureReview(input: { id: $id, reason: "tasks are open" }) { workstream { status } } }', { id: found.data.workstream.id }, ...bob);
    expect(back.data.rejectClosureReview.workstream.status).toBe('ACTIVE');
    // Resumed from the mutation's own cursor: exactly what came after it.
    const watch = client.subscribe(operation('watch'), { after: body.data.openClosureReview.cursor });
    const frame = await watch.next();
    expect(frame.data.workstreamChanged).toMatchObject({ type: 'org.statehub.workstream.reopened', from: 'CLOSING', to: 'ACTIVE', workstream: { code: 'CUST-WP-0025', status: 'ACTIVE', tasks: { totalCount: 5 } } });
    expect(frame.extensions.cursor).toBe(frame.data.workstreamChanged.cursor);
    expect(watch.waiting).toEqual([]);
  });

  it('joins a repo to its contributions, and those to their workstreams', async () => {
    const { body } = await post(operation('join'), {}, 'viewer');
    expect(body.errors).toBeUndefined();
    const { repo, package: jszip } = body.data;
    expect(repo).toMatchObject({ slug: 'warehouse', domain: { slug: 'infotech' } });
    expect(repo.contributions.nodes).toHaveLength(3);
    expect(repo.contributions.nodes).toContainEqual({ slug: '2026-03-09--stuk--jszip--reading-large-archives-blocks-the-page', type: 'BR', status: 'SUBMITTED', workstream: { code: 'CUST-WP-0025', status: 'ACTIVE' } });
    expect(jszip.contributions.map((contribution: any) => contribution.status)).toEqual(['MERGED', 'SUBMITTED']);
  });

  it('refuses to merge a report that upstream has not accepted, and says what is possible', async () => {
    const { body: found } = await post('{ contributions(filter: { needsFollowUp: true }) { nodes { id } } }', {}, 'author');
    expect(found.data.contributions.nodes).toHaveLength(1);
    const { body } = await post(operation('merge'), { id: found.data.contributions.nodes[0].id }, 'author');
    expect(body.data.mergeContribution).toMatchObject({ contribution: null, cursor: null, errors: [{ __typename: 'TransitionRefused', code: 'TRANSITION_REFUSED', unmet: [{ code: 'ACCEPTED_OR_PULL_REQUEST' }] }] });
    expect(body.data.mergeContribution.errors[0].allowed).toContainEqual({ verb: 'acceptContribution', to: 'ACCEPTED' });
  });

  it('is null below the keys of another hub that nobody knows', async () => {
    const { body } = await post('mutation ($input: DraftContributionInput!) { draftContribution(input: $input) { contribution { slug domain { slug name } repo { slug } workstream { title } } errors { code } } }', { input: { type: 'EP', domain: 'nowhere', repo: 'none', workstream: 'NO-WP-0001', targetOrg: 'a', targetRepo: 'b', title: 'x', dryRun: true } }, 'author');
    expect(body).toEqual({ data: { draftContribution: { contribution: { slug: 'EP-NOWHERE-001', domain: null, repo: { slug: 'none' }, workstream: null }, errors: [] } } });
  });

  it('answers nobody without a token but __typename, and a viewer no mutation', async () => {
    expect(await post('{ __typename }')).toMatchObject({ status: 200, body: { data: { __typename: 'Query' } } });
    expect(await post('{ stateSummary { domains } }')).toMatchObject({ status: 401, body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } });
    const { body } = await post('mutation { registerDomain(input: { slug: "x", name: "X" }) { errors { code } } }', {}, 'viewer');
    expect(body.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', missingScopes: ['governance:write'] } }]);
  });

  it('takes exactly one subject of a one-of input', async () => {
    const both = await post('mutation { recordProgress(input: { eventType: "x", summary: "x", details: {}, subject: { domain: "custodian", repo: "state-hub" } }) { errors { code } } }', {}, 'author');
    expect(both).toMatchObject({ body: { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] } });
  });

  it('is synced, checked and watched by the command line', async () => {
    const bearer = (await graph.hubgraph('maintainer', 'token', '--role', 'maintainer')).stdout.trim();
    expect(bearer.split('.')).toHaveLength(3);
    const fixtures = join(import.meta.dirname, '../../subgraphs/governance/src/workplan/fixtures');
    const first = JSON.parse((await graph.hubgraph('viewer', 'workplans', 'sync', fixtures, '--token', bearer, '--json')).stdout);
    expect(JSON.stringify(first)).toContain('CREATED');
    const second = await graph.hubgraph('viewer', 'workplans', 'sync', fixtures, '--token', bearer, '--json');
    expect(second.stdout).not.toContain('CREATED');
    expect(second.stdout).not.toContain('UPDATED');
  });
});
