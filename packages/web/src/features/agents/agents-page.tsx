// The agents: who they are, what they run on, what they can do.
import { type Agent, listAgentsRoute, removeAgentRoute } from '@gathering/contract/agents';
import { Bot, Ellipsis, MessageSquare, Pencil, Plus, Trash } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, usePages } from '../../lib/query.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { CopyText } from '../../ui/copy.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Menu, MenuItem, MenuLine } from '../../ui/menu.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Tag } from '../../ui/state-badge.tsx';
import { AgentDialog } from './agent-dialog.tsx';

export function AgentsPage() {
  const navigate = useNavigate();
  const may = useMay();
  const agents = usePages(listAgentsRoute, {});
  const [isNew, setNew] = useAddress('new');
  const [editing, setEditing] = useState<Agent | null>(null);
  const [removing, setRemoving] = useState<Agent | null>(null);
  const remove = useAct(removeAgentRoute, { refreshes: ['agents.list'], onDone: () => setRemoving(null) });
  const newButton = may('agents.write') && (
    <Button look="primary" icon={Plus} onClick={() => setNew('1')}>
      New agent
    </Button>
  );
  const columns: readonly Column<Agent>[] = [
    { name: 'Name', width: 'minmax(160px,1fr)', show: (agent) => <span className="font-medium">{agent.name}</span> },
    {
      name: 'Persona',
      width: 'minmax(140px,1fr)',
      show: (agent) => <span className="text-ink-2">{agent.personaName}</span>,
    },
    {
      name: 'Model',
      width: 'minmax(140px,1fr)',
      show: (agent) =>
        agent.model ? `${agent.model.provider} / ${agent.model.model}` : <span className="text-ink-3">default</span>,
    },
    {
      name: 'Skills',
      width: 'minmax(160px,1fr)',
      show: (agent) => (
        <span className="flex gap-1">
          {agent.skills.slice(0, 3).map((skill) => (
            <Tag key={skill}>{skill}</Tag>
          ))}
          {agent.skills.length > 3 && <span className="text-xs text-ink-3">+{agent.skills.length - 3}</span>}
        </span>
      ),
    },
    { name: ' handle', width: '148px', show: (agent) => <CopyText text={agent.handle} what="handle" whole /> },
    {
      name: ' actions',
      width: '108px',
      show: (agent) => (
        <span className="flex items-center justify-end gap-1">
          {may('agents.chat') && (
            <Button icon={MessageSquare} onClick={() => navigate(`/agents/${agent.id}`)}>
              Chat
            </Button>
          )}
          {may('agents.write') && (
            <Menu trigger={<IconButton icon={Ellipsis} name={`More for ${agent.name}`} size="small" />}>
              <MenuItem icon={Pencil} onSelect={() => setEditing(agent)}>
                Edit
              </MenuItem>
              <MenuLine />
              <MenuItem icon={Trash} danger onSelect={() => setRemoving(agent)}>
                Remove…
              </MenuItem>
            </Menu>
          )}
        </span>
      ),
    },
  ];
  return (
    <Page
      title="Agents"
      lead="A persona, a model and skills; they chat with you and work in pipelines."
      fixed
      actions={newButton}
    >
      {agents.isPending && <SkeletonRows />}
      {agents.error && !agents.data && <PageError error={agents.error} onRetry={() => void agents.refetch()} />}
      {agents.data && agents.items.length === 0 && (
        <EmptyState icon={Bot} title="No agent yet" action={newButton}>
          Six ready personas wait. An agent works at once with the built-in offline model and better with a real one.
        </EmptyState>
      )}
      {agents.items.length > 0 && (
        <List
          label="Agents"
          items={agents.items}
          columns={columns}
          rowHeight={44}
          keyOf={(agent) => agent.id}
          linkOf={(agent) => `/agents/${agent.id}`}
          hasMore={agents.hasNextPage}
          isLoadingMore={agents.isFetchingNextPage}
          onMore={() => void agents.fetchNextPage()}
        />
      )}
      {isNew !== null && may('agents.write') && <AgentDialog onClose={() => setNew(null)} />}
      {editing && <AgentDialog agent={editing} onClose={() => setEditing(null)} />}
      <Confirm
        open={removing !== null}
        onClose={() => {
          remove.reset();
          setRemoving(null);
        }}
        title={`Remove ${removing?.name}?`}
        consequence="The agent goes with all its chats. Runs that it worked in stay readable. This cannot be undone."
        verb="Remove the agent"
        name={removing?.handle}
        busy={remove.isPending}
        fault={remove.error && <ErrorBox error={remove.error} />}
        onConfirm={() => removing && remove.mutate({ params: { id: removing.id } })}
      />
    </Page>
  );
}
