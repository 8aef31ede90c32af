// The object types by name, so that the files of this folder can speak of each other's nouns without importing in a circle.
import type * as model from '../model.ts';
import { builder } from './builder.ts';

export const ArtifactPackage = builder.objectRef<model.ArtifactPackage>('ArtifactPackage');
export const ArtifactFile = builder.objectRef<model.ArtifactFile>('ArtifactFile');
export const RetentionClass = builder.objectRef<model.RetentionClass>('RetentionClass');
export const RetentionEvent = builder.objectRef<model.RetentionEvent>('RetentionEvent');
export const Hold = builder.objectRef<model.Hold>('Hold');
export const AuditEvent = builder.objectRef<model.AuditEvent>('AuditEvent');
export const MetadataSchema = builder.objectRef<model.MetadataSchema>('MetadataSchema');
export const StorageLocation = builder.objectRef<model.StorageLocation>('StorageLocation');
export const ScrubRun = builder.objectRef<model.ScrubRun>('ScrubRun');

/** Nouns of other hubs, by the keys that this hub knows them by; foreign.ts makes them entities. */
export const Domain = builder.objectRef<{ readonly slug: string }>('Domain');
export const Repo = builder.objectRef<{ readonly slug: string }>('Repo');
export const Service = builder.objectRef<{ readonly slug: string }>('Service');
export const Workstream = builder.objectRef<{ readonly code: string }>('Workstream');
export const Task = builder.objectRef<{ readonly code: string }>('Task');
export const StateSummary = builder.objectRef<{ readonly id: string }>('StateSummary');
