// The object types by name, so that the files of this folder can speak of each other's nouns without importing in a circle.
import type { Runway } from '../forecast/runway.ts';
import type * as model from '../model/index.ts';
import { builder } from './builder.ts';

export const Money = builder.objectRef<model.Money>('Money');
export const BillingPeriod = builder.objectRef<model.BillingPeriod>('BillingPeriod');
export const Budget = builder.objectRef<model.Budget>('Budget');
export const Commitment = builder.objectRef<model.Commitment>('Commitment');
export const Payment = builder.objectRef<model.Payment>('Payment');
export const CostRow = builder.objectRef<model.CostRow>('CostRow');
export const CostImport = builder.objectRef<model.CostImport>('CostImport');
export const AttributionRule = builder.objectRef<model.AttributionRule>('AttributionRule');
export const TokenSpend = builder.objectRef<model.TokenSpend>('TokenSpend');
export const Account = builder.objectRef<model.Account>('Account');
export const ExchangeRate = builder.objectRef<model.ExchangeRate>('ExchangeRate');
/** Of one domain, whose slug is its id. */
export const RunwayProjection = builder.objectRef<Runway>('RunwayProjection');

/** Nouns of other hubs, by the keys that this hub knows them by; foreign.ts makes them entities. */
export const Domain = builder.objectRef<{ readonly slug: string }>('Domain');
export const Service = builder.objectRef<{ readonly slug: string }>('Service');
export const Workstream = builder.objectRef<{ readonly code: string }>('Workstream');
export const StateSummary = builder.objectRef<{ readonly id: string }>('StateSummary');
