// The object types by name, so that the files of this folder can speak of each other's nouns without importing in a circle.
import type * as model from '../model.ts';
import { builder } from './builder.ts';

export const Service = builder.objectRef<model.Service>('Service');
export const Environment = builder.objectRef<model.Environment>('Environment');
export const Deployment = builder.objectRef<model.Deployment>('Deployment');
export const Evidence = builder.objectRef<model.Evidence>('Evidence');
export const Gate = builder.objectRef<model.Gate>('Gate');
export const MigrationRun = builder.objectRef<model.MigrationRun>('MigrationRun');
export const Alert = builder.objectRef<model.Alert>('Alert');
export const Silence = builder.objectRef<model.Silence>('Silence');
export const InhibitionRule = builder.objectRef<model.InhibitionRule>('InhibitionRule');
export const Risk = builder.objectRef<model.Risk>('Risk');
export const PoisonMessage = builder.objectRef<model.PoisonMessage>('PoisonMessage');
/** Of the three kinds of reporter. */
export const RegisteredHub = builder.objectRef<model.Reporter>('RegisteredHub');
export const ApiConsumer = builder.objectRef<model.Reporter>('ApiConsumer');
export const Widget = builder.objectRef<model.Reporter>('Widget');

/** Nouns of other hubs, by the keys that this hub knows them by; foreign.ts makes them entities. */
export const Domain = builder.objectRef<{ readonly slug: string }>('Domain');
export const Repo = builder.objectRef<{ readonly slug: string }>('Repo');
export const Workstream = builder.objectRef<{ readonly code: string }>('Workstream');
export const Package = builder.objectRef<{ readonly purl: string }>('Package');
export const StateSummary = builder.objectRef<{ readonly id: string }>('StateSummary');
