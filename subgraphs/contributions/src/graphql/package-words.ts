// What is said of packages in both directions: in lists, filters and inputs.
import { ecosystems, type PackageFlag as Flag, type Scope, type SourceKind as Source } from '../sbom/model.ts';
import type { PackageFilter } from '../store/index.ts';
import { builder, LicenceClass } from './builder.ts';

export const PackageScope = builder.enumType('PackageScope', {
  description: 'Who needs a package.',
  values: { PROD: { description: 'Reached from dependencies or optional dependencies of the root or a member.' }, DEV: { description: 'Reached from development only.' } } as Record<Scope, { description: string }>,
});
export const SourceKind = builder.enumType('PackageSourceKind', {
  description: 'What kind of place a package comes from.',
  values: {
    REGISTRY: { description: 'A registry.' }, GIT: { description: 'A Git repository.' }, URL: { description: 'An archive at a URL.' }, PATH: { description: 'A folder of the repo.' }, WORKSPACE: { description: 'A member of the workspace, or its root.' },
  } as Record<Source, { description: string }>,
});
export const PackageFlag = builder.enumType('PackageFlag', {
  description: 'A mark that a lockfile sets.',
  values: {
    OPTIONAL: { description: 'Everything that needs it can do without it.' }, PEER: { description: 'There only because a package wants it as its peer.' }, BUNDLED: { description: 'Delivered inside the archive of another package.' },
    DEV_OPTIONAL: { description: 'Wanted by development and, optionally, by production.' }, EXTRANEOUS: { description: 'Nothing asks for it.' }, DEPRECATED: { description: 'Its authors advise against it.' },
    INSTALL_SCRIPT: { description: 'Runs a script when it is installed.' }, PATCHED: { description: 'Installed with a patch.' },
  } as Record<Flag, { description: string }>,
});

/** A filter over packages; `ofRepo` where the list is of all repos. */
export function packageFilter(name: string, ofRepo = false) {
  return builder.inputRef<PackageFilter>(name).implement({
    description: 'Narrows a list of packages; what is given is combined by AND.',
    fields: (t) => ({
      text: t.string({ description: 'Contains this text in name or purl, whatever the case.' }),
      ecosystem: t.string({ description: `Of this ecosystem: ${ecosystems.slice(0, 5).join(', ')} and so on.` }),
      licenceClass: t.field({ type: LicenceClass, description: 'With an effective licence (concluded, else declared) of this class.' }),
      ...(ofRepo ? { repo: t.string({ description: 'In the current bill of materials of this repo (slug).' }) } : {}),
      direct: t.boolean({ description: 'Named in a manifest, or not; what cannot be told is neither.' }),
      dev: t.boolean({ description: 'Needed by development only, or not; what cannot be told is neither.' }),
    }),
  });
}
