// The command palette: every page, object and action by a few letters. Loaded when it is first opened.
import { listAgentsRoute, listPersonasRoute } from '@gathering/contract/agents';
import { listPipelinesRoute, listRunsRoute } from '@gathering/contract/pipelines';
import { listProjectsRoute } from '@gathering/contract/projects';
import { Command } from 'cmdk';
import type { LucideIcon } from 'lucide-react';
import { Bot, FolderGit2, Moon, Play, Plus, Sun, UserRound, Workflow } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { shortId } from '../lib/format.ts';
import { useMay } from '../lib/may.ts';
import { useRead } from '../lib/query.ts';
import { chooseTheme } from '../lib/theme.ts';
import { lookOf } from '../ui/state-badge.tsx';
import { Ago } from '../ui/time.tsx';
import { accountPages, usePageGroups } from './pages.ts';

interface ItemProps {
  readonly value: string;
  readonly icon: LucideIcon;
  readonly onSelect: () => void;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

function Item({ value, icon: Icon, onSelect, aside, children }: ItemProps) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 text-sm text-ink data-[selected=true]:bg-hover"
    >
      <Icon size={15} aria-hidden className="text-ink-3" />
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {aside && <span className="text-xs text-ink-3">{aside}</span>}
    </Command.Item>
  );
}

const group =
  '[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-3';

function Personas({ go }: { readonly go: (path: string) => () => void }) {
  const personas = useRead(listPersonasRoute, { query: { limit: 100 } }).data?.items ?? [];
  return (
    <Command.Group heading="Personas" className={group}>
      {personas.map((persona) => (
        <Item
          key={persona.id}
          value={`persona ${persona.name} ${persona.id}`}
          icon={UserRound}
          onSelect={go(`/personas?persona=${persona.id}`)}
          aside={persona.builtIn ? 'ready' : 'own'}
        >
          {persona.name}
        </Item>
      ))}
    </Command.Group>
  );
}

/** What can be begun from here, for whoever may. */
const beginnings = [
  { value: 'new pipeline', label: 'New pipeline', path: '/pipelines/new', needs: 'pipelines.write' },
  { value: 'new agent', label: 'New agent', path: '/agents?new=1', needs: 'agents.write' },
  { value: 'new persona', label: 'New persona', path: '/personas?new=1', needs: 'agents.write' },
  { value: 'add project folder', label: 'Add a project', path: '/projects?new=1', needs: 'projects.write' },
  { value: 'add model provider', label: 'Add a model provider', path: '/models?new=1', needs: 'providers.write' },
] as const;

interface ActionsProps {
  readonly go: (path: string) => () => void;
  readonly act: (action: () => void) => () => void;
}

function Actions({ go, act }: ActionsProps) {
  const may = useMay();
  return (
    <Command.Group heading="Actions" className={group}>
      {beginnings
        .filter(({ needs }) => may(needs))
        .map(({ value, label, path }) => (
          <Item key={value} value={value} icon={Plus} onSelect={go(path)}>
            {label}
          </Item>
        ))}
      <Item value="theme dark" icon={Moon} onSelect={act(() => chooseTheme('dark'))}>
        Dark theme
      </Item>
      <Item value="theme light" icon={Sun} onSelect={act(() => chooseTheme('light'))}>
        Light theme
      </Item>
    </Command.Group>
  );
}

function PageItems({ go }: { readonly go: (path: string) => () => void }) {
  const pages = usePageGroups().flatMap((one) => one.pages);
  return (
    <>
      {pages.map(({ path, name, icon, letter }) => (
        <Item key={path} value={`go to ${name}`} icon={icon} onSelect={go(path)} aside={`g ${letter}`}>
          {name}
        </Item>
      ))}
      {accountPages.map(({ path, name, icon }) => (
        <Item key={path} value={`go to my ${name}`} icon={icon} onSelect={go(path)} aside="yours">
          {name}
        </Item>
      ))}
    </>
  );
}

function Entries({ onClose }: { readonly onClose: () => void }) {
  const navigate = useNavigate();
  const may = useMay();
  const pipelines = useRead(listPipelinesRoute, { query: { limit: 100 } }).data?.items ?? [];
  const agents = useRead(listAgentsRoute, { query: { limit: 100 } }).data?.items ?? [];
  const projects = useRead(listProjectsRoute, { query: { limit: 100 } }).data?.items ?? [];
  const runs = useRead(listRunsRoute, { query: { limit: 20 } }).data?.items ?? [];
  const go = (path: string) => () => {
    onClose();
    void navigate(path);
  };
  const act = (action: () => void) => () => {
    onClose();
    action();
  };
  return (
    <Command.List className="max-h-96 overflow-y-auto p-1.5">
      <Command.Empty className="px-2.5 py-6 text-center text-sm text-ink-3">Nothing is called that.</Command.Empty>
      <Command.Group heading="Pages" className={group}>
        <PageItems go={go} />
      </Command.Group>
      <Actions go={go} act={act} />
      <Command.Group heading="Pipelines" className={group}>
        {pipelines.map((pipeline) => (
          <Item
            key={pipeline.id}
            value={`pipeline ${pipeline.name} ${pipeline.id}`}
            icon={Workflow}
            onSelect={go(`/pipelines/${pipeline.id}`)}
            aside="open"
          >
            {pipeline.name}
          </Item>
        ))}
        {(may('pipelines.run') ? pipelines : []).map((pipeline) => (
          <Item
            key={pipeline.id}
            value={`run ${pipeline.name} ${pipeline.id}`}
            icon={Play}
            onSelect={go(`/pipelines/${pipeline.id}?run=1`)}
            aside="run"
          >
            Run {pipeline.name}
          </Item>
        ))}
      </Command.Group>
      <Command.Group heading="Agents" className={group}>
        {agents.map((agent) => (
          <Item
            key={agent.id}
            value={`agent chat ${agent.name} ${agent.handle}`}
            icon={Bot}
            onSelect={go(`/agents/${agent.id}`)}
            aside={agent.personaName}
          >
            {agent.name}
          </Item>
        ))}
      </Command.Group>
      <Personas go={go} />
      <Command.Group heading="Latest runs" className={group}>
        {runs.map((run) => (
          <Item
            key={run.id}
            value={`run ${run.pipelineName} ${run.id}`}
            icon={Play}
            onSelect={go(`/runs/${run.id}`)}
            aside={<Ago at={run.createdAt} />}
          >
            {run.pipelineName} {shortId(run.id)} · {lookOf(run.status).word}
          </Item>
        ))}
      </Command.Group>
      <Command.Group heading="Projects" className={group}>
        {projects.map((project) => (
          <Item
            key={project.id}
            value={`project ${project.name} ${project.folder}`}
            icon={FolderGit2}
            onSelect={go(`/projects/${project.id}`)}
            aside={project.folder}
          >
            {project.name}
          </Item>
        ))}
      </Command.Group>
    </Command.List>
  );
}

export function Palette({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fade-in fixed inset-0 z-40 bg-[rgb(10_10_20/45%)]" />
        <Dialog.Content className="fade-in fixed top-[12vh] left-1/2 z-40 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-raised shadow-float">
          <Dialog.Title className="sr-only">Search, go, act</Dialog.Title>
          <Dialog.Description className="sr-only">Type to find pages, objects and actions.</Dialog.Description>
          <Command label="Search, go, act" loop>
            <Command.Input
              autoFocus
              placeholder="Search pages, pipelines, agents, personas, runs, actions…"
              className="h-12 w-full border-b border-line bg-transparent px-4 text-base text-ink -outline-offset-2"
            />
            <Entries onClose={onClose} />
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
