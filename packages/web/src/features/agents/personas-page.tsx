// The personas: who agents are asked to be. Ready ones are read and copied, one's own are changed and removed.
import { listPersonasRoute, type Persona, removePersonaRoute } from '@gathering/contract/agents';
import { Copy, Ellipsis, Eye, Pencil, Plus, Trash, UserRound } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useAddress } from '../../lib/address.ts';
import { useMay } from '../../lib/may.ts';
import { useAct, usePages } from '../../lib/query.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { type Column, List } from '../../ui/list.tsx';
import { Menu, MenuItem, MenuLine } from '../../ui/menu.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Tag } from '../../ui/state-badge.tsx';
import { PersonaDialog } from './persona-dialog.tsx';
import { OpenPersona } from './persona-view.tsx';

interface ActionsProps {
  readonly persona: Persona;
  readonly onOpen: () => void;
  readonly onCopy: () => void;
  readonly onRemove: () => void;
}

function Actions({ persona, onOpen, onCopy, onRemove }: ActionsProps) {
  return (
    <Menu trigger={<IconButton icon={Ellipsis} name={`More for ${persona.name}`} size="small" />}>
      <MenuItem icon={persona.builtIn ? Eye : Pencil} onSelect={onOpen}>
        {persona.builtIn ? 'Read' : 'Edit'}
      </MenuItem>
      <MenuItem icon={Copy} onSelect={onCopy}>
        {persona.builtIn ? 'Make your own' : 'Duplicate'}
      </MenuItem>
      {!persona.builtIn && (
        <>
          <MenuLine />
          <MenuItem icon={Trash} danger onSelect={onRemove}>
            Remove…
          </MenuItem>
        </>
      )}
    </Menu>
  );
}

const columns: readonly Column<Persona>[] = [
  { name: 'Name', width: 'minmax(150px,1fr)', show: (persona) => <span className="font-medium">{persona.name}</span> },
  {
    name: 'Role',
    width: 'minmax(200px,1.6fr)',
    show: (persona) => (
      <span className="text-ink-2" title={persona.role}>
        {persona.role}
      </span>
    ),
  },
  {
    name: 'Specializations',
    width: 'minmax(200px,1.4fr)',
    show: ({ specializations }) => (
      <span className="text-ink-2" title={specializations.join(', ')}>
        {specializations.join(', ')}
      </span>
    ),
  },
  {
    name: 'Style',
    width: '96px',
    show: (persona) => <span className="text-ink-2">{persona.communicationStyle}</span>,
  },
  { name: 'Kind', width: '72px', show: (persona) => <Tag>{persona.builtIn ? 'ready' : 'own'}</Tag> },
];

export function PersonasPage() {
  const navigate = useNavigate();
  const mayChange = useMay()('agents.write');
  const personas = usePages(listPersonasRoute, {});
  const [isNew, setNew] = useAddress('new');
  const [opened, setOpened] = useAddress('persona');
  const [copied, setCopied] = useAddress('copy');
  const [removing, setRemoving] = useState<Persona | null>(null);
  const remove = useAct(removePersonaRoute, { refreshes: ['agents.list-personas'], onDone: () => setRemoving(null) });
  const linkOf = (persona: Persona): string => `/personas?persona=${persona.id}`;
  const newButton = mayChange && (
    <Button look="primary" icon={Plus} onClick={() => setNew('1')}>
      New persona
    </Button>
  );
  const actions: Column<Persona> = {
    name: ' actions',
    width: '32px',
    show: (persona) => (
      <Actions
        persona={persona}
        onOpen={() => void navigate(linkOf(persona))}
        onCopy={() => void navigate(`/personas?copy=${persona.id}`)}
        onRemove={() => setRemoving(persona)}
      />
    ),
  };
  return (
    <Page
      title="Personas"
      lead="Who an agent is: judgement, voice and rules, as data. Six are ready; make your own from them."
      crumbs={[{ label: 'Agents', to: '/agents' }]}
      fixed
      actions={newButton}
    >
      {personas.isPending && <SkeletonRows />}
      {personas.error && !personas.data && <PageError error={personas.error} onRetry={() => void personas.refetch()} />}
      {personas.data && personas.items.length === 0 && (
        <EmptyState icon={UserRound} title="No persona yet" action={newButton}>
          A persona gives an agent its role, its voice and what it must always or never do. An agent needs one.
        </EmptyState>
      )}
      {personas.items.length > 0 && (
        <List
          label="Personas"
          items={personas.items}
          columns={mayChange ? [...columns, actions] : columns}
          rowHeight={44}
          keyOf={(persona) => persona.id}
          linkOf={linkOf}
          hasMore={personas.hasNextPage}
          isLoadingMore={personas.isFetchingNextPage}
          onMore={() => void personas.fetchNextPage()}
        />
      )}
      {isNew !== null && mayChange && <PersonaDialog onClose={() => setNew(null)} />}
      {opened !== null && <OpenPersona key={opened} id={opened} as="itself" onClose={() => setOpened(null)} />}
      {copied !== null && <OpenPersona key={copied} id={copied} as="copy" onClose={() => setCopied(null)} />}
      <Confirm
        open={removing !== null}
        onClose={() => {
          remove.reset();
          setRemoving(null);
        }}
        title={`Remove ${removing?.name}?`}
        consequence="The persona goes for good. It stays while an agent uses it; what agents have said stays in any case."
        verb="Remove the persona"
        busy={remove.isPending}
        fault={remove.error && <ErrorBox error={remove.error} />}
        onConfirm={() => removing && remove.mutate({ params: { id: removing.id } })}
      />
    </Page>
  );
}
