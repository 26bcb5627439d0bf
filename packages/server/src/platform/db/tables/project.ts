// Rows of the schema `project`.
export interface ProjectTables {
  'project.projects': {
    id: string;
    name: string;
    description: string;
    folder: string;
    created_at: Date;
    updated_at: Date;
  };
}
