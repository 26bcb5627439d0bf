// All SQL on projects.
import { AppError } from '@gathering/contract/errors';
import type { Sight } from '../../ctx.ts';
import type { Database, Tx } from '../../platform/db/database.ts';
import { codeOf } from '../../platform/db/failures.ts';
import { errors } from '../../platform/db/sql-state.ts';

export interface ProjectRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly folder: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const columns = 'id, name, description, folder, created_at as "createdAt", updated_at as "updatedAt"';

/** By name, of those that the reader may see; after that name, where one is given. */
export async function selectProjects(
  database: Database,
  sight: Sight,
  { after, limit }: { after: string | null; limit: number },
): Promise<(ProjectRow & { readonly sortName: string })[]> {
  const { rows } = await database.query<ProjectRow & { readonly sortName: string }>(
    `select ${columns}, lower(name) as "sortName" from project.projects
     where ($1::text is null or lower(name) > $1) and auth.may_see(null, id, false, $3, $4, $5)
     order by lower(name) limit $2`,
    [after, limit, sight.userId, sight.projects, sight.isOperator],
  );
  return rows;
}

export async function selectProject(database: Database, id: string): Promise<ProjectRow | undefined> {
  const { rows } = await database.query<ProjectRow>(`select ${columns} from project.projects where id = $1`, [id]);
  return rows[0];
}

/** The one that was registered first. */
export async function selectProjectByFolder(database: Database, folder: string): Promise<ProjectRow | undefined> {
  const { rows } = await database.query<ProjectRow>(
    `select ${columns} from project.projects where folder = $1 order by id limit 1`,
    [folder],
  );
  return rows[0];
}

/** Names as they are compared. */
export async function selectSortNames(database: Database): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>('select lower(name) as name from project.projects');
  return rows.map((row) => row.name);
}

export async function lockProject(tx: Tx, id: string): Promise<ProjectRow | undefined> {
  const { rows } = await tx.query<ProjectRow>(`select ${columns} from project.projects where id = $1 for update`, [id]);
  return rows[0];
}

/** Throws AppError `projects.name-taken`. */
export async function saveProject(tx: Tx, row: ProjectRow): Promise<void> {
  try {
    await tx.query(
      `insert into project.projects (id, name, description, folder, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (id) do update set name = excluded.name, description = excluded.description,
         folder = excluded.folder, updated_at = excluded.updated_at`,
      [row.id, row.name, row.description, row.folder, row.createdAt, row.updatedAt],
    );
  } catch (error) {
    if (codeOf(error) === errors.uniqueViolation) throw new AppError('projects.name-taken', { cause: error });
    throw error;
  }
}

export async function deleteProject(tx: Tx, id: string): Promise<void> {
  await tx.query('delete from project.projects where id = $1', [id]);
}
