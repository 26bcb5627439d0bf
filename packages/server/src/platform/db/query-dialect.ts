// Kysely over a plain query function, so that its statements pass the same guard and the same connection as all others.
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import type { SqlResult, SqlValues } from './handles.ts';

type Query = <R>(text: string, values?: SqlValues) => Promise<SqlResult<R>>;

export function makeKysely(query: Query): Kysely<unknown> {
  const connection: DatabaseConnection = {
    executeQuery: async <R>(compiled: CompiledQuery) => {
      const { rows, rowCount } = await query<R>(compiled.sql, compiled.parameters);
      return { rows, numAffectedRows: BigInt(rowCount) };
    },
    streamQuery: () => {
      throw new Error('Streaming is not supported: read pages by key instead.');
    },
  };
  const refuse = async (): Promise<never> => {
    throw new Error('Open transactions with database.transaction(), not through Kysely.');
  };
  const nothing = async (): Promise<void> => {
    // The connection belongs to whoever gave the query function.
  };
  const driver: Driver = {
    init: nothing,
    acquireConnection: async () => connection,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: nothing,
    destroy: nothing,
  };
  return new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}
