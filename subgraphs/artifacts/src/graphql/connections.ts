// One connection type per noun, shared by every field that lists it.
import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { builder } from './builder.ts';
import * as refs from './refs.ts';

export const ArtifactPackageConnection = connectionOf(builder, refs.ArtifactPackage, 'ArtifactPackage');
export const ArtifactFileConnection = connectionOf(builder, refs.ArtifactFile, 'ArtifactFile');
export const AuditEventConnection = connectionOf(builder, refs.AuditEvent, 'AuditEvent');
export const StorageLocationConnection = connectionOf(builder, refs.StorageLocation, 'StorageLocation');
export const ScrubRunConnection = connectionOf(builder, refs.ScrubRun, 'ScrubRun');
