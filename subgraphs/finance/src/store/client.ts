import { PrismaPg } from '@prisma/adapter-pg';
import { clientOf, databaseOpener } from '@hubgraph/kit/store';
import { type Prisma, PrismaClient } from '../../../../prisma/finance/generated/client.ts';
import { manifest } from '../manifest.ts';

export type { Database } from '@hubgraph/kit/store';

/** Opens the hub's door to its own schema. */
export const openDatabase = databaseOpener<Prisma.TransactionClient>(manifest.name, ({ pool, adapter }) => new PrismaClient({ adapter: new PrismaPg({ ...pool }, { ...adapter }) }));

/** The typed client of an open transaction. */
export const prismaOf = clientOf<Prisma.TransactionClient>;
