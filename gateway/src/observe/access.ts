import { fulfils, type Identity, type Scope } from '@hubgraph/kit/identity';

/**
 * Who may look into a gateway, as an OR of ANDs: those who run the installation. Of the roles, maintainers, operators and
 * system have both; who only writes, as an author, sees neither others' subscriptions nor their filters.
 */
export const OBSERVE: readonly (readonly Scope[])[] = [['ops:write', 'retention:manage']];

/** Whether `identity` may. */
export function mayObserve(identity: Identity): boolean {
  return fulfils(identity, OBSERVE);
}
