import { PrismaPg } from '@prisma/adapter-pg';
import type { Sql, Transactor, Tx } from '@hubgraph/kit/sql';
import { clientOf, sqlOf, transactorOf, type StatementObserver } from '@hubgraph/kit/store';
import { type Prisma, PrismaClient } from '../../../../prisma/finance/generated/client.ts';
import { manifest } from '../manifest.ts';

/** The hub's door to its own schema. */
export interface Database {
  readonly sql: Sql;
  readonly transactor: Transactor;
  close(): Promise<void>;
}

/** Connects lazily; `connections` bounds the pool. */
export function openDatabase(url: string, connections: number, observe?: StatementObserver): Database {
  const adapter = new PrismaPg({ connectionString: url, options: `-c search_path=${manifest.name}`, max: connections, application_name: `hubgraph ${manifest.name}` }, { schema: manifest.name });
  const prisma = new PrismaClient({ adapter });
  return { sql: sqlOf(prisma, observe), transactor: transactorOf<Prisma.TransactionClient>(prisma), close: () => prisma.$disconnect() };
}

/** The typed client of an open transaction. */
export function prismaOf(tx: Tx): Prisma.TransactionClient {
  return clientOf<Prisma.TransactionClient>(tx);
}
