// The object types by name, so that the files of this folder can speak of each other's nouns without importing in a circle.
import type { ClosureBlocker } from '../lifecycle/closure.ts';
import type { ClosureSource as Source } from '../lifecycle/outside.ts';
import type * as model from '../model.ts';
import { builder } from './builder.ts';

export const Domain = builder.objectRef<model.Domain>('Domain');
export const Topic = builder.objectRef<model.Topic>('Topic');
export const Repo = builder.objectRef<model.Repo>('Repo');
export const Goal = builder.objectRef<model.Goal>('Goal');
export const Workstream = builder.objectRef<model.Workstream>('Workstream');
export const Task = builder.objectRef<model.Task>('Task');
export const Dependency = builder.objectRef<model.Dependency>('Dependency');
export const Decision = builder.objectRef<model.Decision>('Decision');
export const ClosureReview = builder.objectRef<model.ClosureReview>('ClosureReview');
export const Classification = builder.objectRef<model.Classification>('ClosureClassification');
export const ClosureSource = builder.objectRef<Source>('ClosureSource');
export const Blocker = builder.objectRef<ClosureBlocker>('ClosureBlocker');
export const ProgressEntry = builder.objectRef<model.ProgressEntry>('ProgressEntry');
