// The object types by name, so that the files of this folder can speak of each other's nouns without importing in a circle.
import type * as model from '../model.ts';
import { builder } from './builder.ts';

export const Contribution = builder.objectRef<model.Contribution>('Contribution');
/** A snapshot; the noun of the graph is the bill of materials. */
export const Sbom = builder.objectRef<model.SbomSnapshot>('Sbom');
export const SbomPackage = builder.objectRef<model.SbomPackageRow>('SbomPackage');
/** A package whatever the snapshot: its key is the purl, with version. */
export const Package = builder.objectRef<{ readonly purl: string }>('Package');

/** Nouns of other hubs, by the keys that this hub knows them by; foreign.ts makes them entities. */
export const Domain = builder.objectRef<{ readonly slug: string }>('Domain');
export const Repo = builder.objectRef<{ readonly slug: string }>('Repo');
export const Topic = builder.objectRef<{ readonly slug: string }>('Topic');
export const Workstream = builder.objectRef<{ readonly code: string }>('Workstream');
export const StateSummary = builder.objectRef<{ readonly id: string }>('StateSummary');
