// The projects: folders of this machine that runs and agents are confined to.
import {
  changeProjectRoute,
  createProjectRoute,
  listProjectsRoute,
  type Project,
  removeProjectRoute,
} from '@gathering/contract/projects';
import { Ellipsis, FolderGit2, Pencil, Plus, Trash } from 'lucide-react';
import { useState } from 'react';
import { useAddress } from '../../lib/address.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, usePages } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Confirm, Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { Field, Input, TextArea } from '../../ui/input.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Menu, MenuItem, MenuLine } from '../../ui/menu.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Tag } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';

function nameOfFolder(folder: string): string {
  return folder.split('/').filter(Boolean).at(-1) ?? '';
}

function ProjectDialog({ project, onClose }: { readonly project?: Project; readonly onClose: () => void }) {
  const form = useForm(
    createProjectRoute.body,
    {
      folder: project?.folder ?? '',
      name: project?.name ?? '',
      description: project?.description ?? '',
    },
    { key: `project.${project?.id ?? 'new'}` },
  );
  const create = useAct(createProjectRoute, { refreshes: ['projects.list'], onDone: onClose });
  const change = useAct(changeProjectRoute, { refreshes: ['projects.list'], onDone: onClose });
  const error = create.error ?? change.error;
  const send = (): void => {
    form.send((body) => {
      if (project) change.mutate({ params: { id: project.id }, body }, { onError: form.refuse });
      else create.mutate({ body }, { onError: form.refuse });
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={project ? `Edit ${project.name}` : 'Add a project'}
      description={project ? undefined : 'Agents read this folder and nothing outside of it.'}
      onSubmit={send}
      footer={
        <>
          <Button onClick={onClose}>Discard</Button>
          <Button look="primary" type="submit" busy={create.isPending || change.isPending}>
            {project ? 'Save' : 'Add project'}
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        {error && <ErrorBox error={error} />}
        <Field
          label="Folder"
          hint="Its absolute path on the machine where the server runs."
          fault={form.faultOf('folder')}
        >
          {(binding) => (
            <Input
              {...binding}
              className="font-mono text-xs"
              placeholder="/home/you/src/your-repository"
              value={form.value.folder}
              onBlur={() => form.touch('folder')}
              onChange={({ target }) => {
                const isUnnamed = form.value.name === '' || form.value.name === nameOfFolder(form.value.folder);
                form.change({ folder: target.value, ...(isUnnamed ? { name: nameOfFolder(target.value) } : {}) });
              }}
            />
          )}
        </Field>
        <Field label="Name" fault={form.faultOf('name')}>
          {(binding) => (
            <Input
              {...binding}
              value={form.value.name}
              onBlur={() => form.touch('name')}
              onChange={({ target }) => form.change({ name: target.value })}
            />
          )}
        </Field>
        <Field
          label="Description"
          optional
          hint="What it is, for people and agents."
          fault={form.faultOf('description')}
        >
          {(binding) => (
            <TextArea
              {...binding}
              value={form.value.description}
              onChange={({ target }) => form.change({ description: target.value })}
            />
          )}
        </Field>
      </div>
    </Dialog>
  );
}

export function ProjectsPage() {
  const may = useMay();
  const projects = usePages(listProjectsRoute, {});
  const [isNew, setNew] = useAddress('new');
  const [editing, setEditing] = useState<Project | null>(null);
  const [removing, setRemoving] = useState<Project | null>(null);
  const remove = useAct(removeProjectRoute, { refreshes: ['projects.list'], onDone: () => setRemoving(null) });
  const addButton = may('projects.write') && (
    <Button look="primary" icon={Plus} onClick={() => setNew('1')}>
      Add a project
    </Button>
  );
  const columns: readonly Column<Project>[] = [
    {
      name: 'Name',
      width: 'minmax(180px,1fr)',
      show: (project) => (
        <>
          <span className="font-medium">{project.name}</span>
          {project.description && <span className="ml-2 text-ink-3">{project.description}</span>}
        </>
      ),
    },
    {
      name: 'Folder',
      width: 'minmax(200px,1.2fr)',
      show: (project) => (
        <span className="font-mono text-xs text-ink-2" title={project.folder}>
          {project.folder}
        </span>
      ),
    },
    {
      name: 'Kind',
      width: '104px',
      show: (project) => <Tag>{project.isGitRepository ? 'git repository' : 'folder'}</Tag>,
    },
    { name: 'Changed', width: '104px', align: 'right', show: (project) => <Ago at={project.updatedAt} /> },
    {
      name: ' actions',
      width: '32px',
      show: (project) =>
        may('projects.write') && (
          <Menu trigger={<IconButton icon={Ellipsis} name={`More for ${project.name}`} size="small" />}>
            <MenuItem icon={Pencil} onSelect={() => setEditing(project)}>
              Edit
            </MenuItem>
            <MenuLine />
            <MenuItem icon={Trash} danger onSelect={() => setRemoving(project)}>
              Forget…
            </MenuItem>
          </Menu>
        ),
    },
  ];
  return (
    <Page
      title="Projects"
      lead="Folders on the machine where this server runs; runs and agents are confined to them."
      fixed
      actions={addButton}
    >
      {projects.isPending && <SkeletonRows />}
      {projects.error && !projects.data && <PageError error={projects.error} onRetry={() => void projects.refetch()} />}
      {projects.data && projects.items.length === 0 && (
        <EmptyState icon={FolderGit2} title="No project yet" action={addButton}>
          Name a folder on the machine where this server runs, best a git repository: the shipped review pipeline then
          has something to read. Nothing is copied or uploaded.
        </EmptyState>
      )}
      {projects.items.length > 0 && (
        <List
          label="Projects"
          items={projects.items}
          columns={columns}
          keyOf={(project) => project.id}
          linkOf={(project) => `/projects/${project.id}`}
          hasMore={projects.hasNextPage}
          isLoadingMore={projects.isFetchingNextPage}
          onMore={() => void projects.fetchNextPage()}
        />
      )}
      {isNew !== null && may('projects.write') && <ProjectDialog onClose={() => setNew(null)} />}
      {editing && <ProjectDialog project={editing} onClose={() => setEditing(null)} />}
      <Confirm
        open={removing !== null}
        onClose={() => {
          remove.reset();
          setRemoving(null);
        }}
        title={`Forget ${removing?.name}?`}
        consequence={
          <>
            The project goes from this list. The folder{' '}
            <code className="font-mono text-xs break-all">{removing?.folder}</code> stays as it is.
          </>
        }
        verb="Forget the project"
        busy={remove.isPending}
        fault={remove.error && <ErrorBox error={remove.error} />}
        onConfirm={() => removing && remove.mutate({ params: { id: removing.id } })}
      />
    </Page>
  );
}
