// What alerts and risks are about: one object of a union, and each of the things that are known.
import type { HubTypes } from '@hubgraph/kit/graphql/builder';
import type { Service as ServiceRow, Subjects } from '../model.ts';
import { builder, type OpsContext } from './builder.ts';
import { Domain, Package, Repo, Service, Workstream } from './refs.ts';
import { serviceBySlug } from './service.ts';

const registered = (context: OpsContext, slug: string | null) => (slug === null ? null : serviceBySlug(context, slug));

type SubjectObject = { readonly __typename: 'Workstream'; readonly code: string } | { readonly __typename: 'Repo' | 'Domain'; readonly slug: string } | { readonly __typename: 'Package'; readonly purl: string } | (ServiceRow & { readonly __typename: 'Service' });

/** Makes the union of what something can be about. */
export function subjectUnion(name: string, description: string) {
  return builder.unionType(name, { description, types: [Service, Workstream, Repo, Domain, Package], resolveType: (subject) => (subject as SubjectObject).__typename });
}

/** What it is about first of all; null for a service that is not registered. */
export async function subjectOf(context: OpsContext, about: Subjects): Promise<SubjectObject | null> {
  switch (about.subject) {
    case 'SERVICE': {
      const service = await registered(context, about.service);
      return service === null ? null : { ...service, __typename: 'Service' };
    }
    case 'WORKSTREAM':
      return { __typename: 'Workstream', code: about.workstream ?? '' };
    case 'REPO':
      return { __typename: 'Repo', slug: about.repo ?? '' };
    case 'DOMAIN':
      return { __typename: 'Domain', slug: about.domain ?? '' };
    case 'PACKAGE':
      return { __typename: 'Package', purl: about.package ?? '' };
  }
}

const AS_GIVEN = 'Its key is kept as it was given: asked for more than the key, one that its hub does not know is null.';

type Fields<Row extends Subjects> = PothosSchemaTypes.ObjectFieldBuilder<PothosSchemaTypes.ExtendDefaultTypes<HubTypes<OpsContext>>, Row>;

/** The fields of everything that is known of what it is about. */
export function subjectFields<Row extends Subjects>(t: Fields<Row>) {
  return {
    service: t.field({ type: Service, nullable: true, description: 'The service that it is about; null for one that is not registered.', resolve: (about, _args, context) => registered(context, (about as Subjects).service) }),
    workstream: t.field({ type: Workstream, nullable: true, description: `The workstream that it is about. ${AS_GIVEN}`, resolve: (about) => ((about as Subjects).workstream === null ? null : { code: (about as Subjects).workstream! }) }),
    repo: t.field({ type: Repo, nullable: true, description: `The repo that it is about, or that its service comes from. ${AS_GIVEN}`, resolve: (about) => ((about as Subjects).repo === null ? null : { slug: (about as Subjects).repo! }) }),
    domain: t.field({ type: Domain, nullable: true, description: `The domain that it is about, or that its service belongs to. ${AS_GIVEN}`, resolve: (about) => ((about as Subjects).domain === null ? null : { slug: (about as Subjects).domain! }) }),
    package: t.field({ type: Package, nullable: true, description: `The package that it is about. ${AS_GIVEN}`, resolve: (about) => ((about as Subjects).package === null ? null : { purl: (about as Subjects).package! }) }),
  };
}

/** The inputs that say what something new is about. */
export const subjectInputs = (t: Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0]) => ({
  service: t.string({ description: 'Slug of the service. Its domain and repo are filled in from the registry when they are not given; one that is not registered is kept as it is named.' }),
  workstream: t.string({ description: 'Code of the workstream. Only its shape is checked.' }),
  repo: t.string({ description: 'Slug of the repo. Only its shape is checked.' }),
  domain: t.string({ description: 'Slug of the domain. Only its shape is checked.' }),
  package: t.field({ type: 'Purl', description: 'The package, such as pkg:npm/jszip@3.10.1.' }),
});
