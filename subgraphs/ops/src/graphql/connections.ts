// One connection type per noun, shared by every field that lists it.
import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { builder } from './builder.ts';
import * as refs from './refs.ts';

export const ServiceConnection = connectionOf(builder, refs.Service, 'Service');
export const EnvironmentConnection = connectionOf(builder, refs.Environment, 'Environment');
export const DeploymentConnection = connectionOf(builder, refs.Deployment, 'Deployment');
export const EvidenceConnection = connectionOf(builder, refs.Evidence, 'Evidence');
export const GateConnection = connectionOf(builder, refs.Gate, 'Gate');
export const MigrationRunConnection = connectionOf(builder, refs.MigrationRun, 'MigrationRun');
export const AlertConnection = connectionOf(builder, refs.Alert, 'Alert');
export const SilenceConnection = connectionOf(builder, refs.Silence, 'Silence');
export const RiskConnection = connectionOf(builder, refs.Risk, 'Risk');
export const PoisonMessageConnection = connectionOf(builder, refs.PoisonMessage, 'PoisonMessage');
