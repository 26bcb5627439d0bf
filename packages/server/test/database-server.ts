// One statement on a PostgreSQL server's own database: for making and dropping the databases of tests.
import pg from 'pg';

export async function runOnServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
