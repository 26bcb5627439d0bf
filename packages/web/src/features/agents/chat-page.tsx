// Chats with one agent: the list of them at the left, the open one in the middle.
import { type Agent, type Chat, readAgentRoute } from '@gathering/contract/agents';
import { createChatRoute, listChatsRoute, removeChatRoute } from '@gathering/contract/agents-chats';
import { listProjectsRoute } from '@gathering/contract/projects';
import { Bot, FolderGit2, Pencil, Plus, Trash } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { useMay } from '../../lib/may.ts';
import { useAct, usePages, useRead } from '../../lib/query.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Confirm } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorBox, PageError } from '../../ui/error-box.tsx';
import { Page } from '../../ui/page.tsx';
import { Select } from '../../ui/select.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Tag } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { AgentDialog } from './agent-dialog.tsx';
import { ChatThread, Composer } from './chat-thread.tsx';
import { useChat } from './use-chat.ts';

function ChatList({
  agent,
  chats,
  chatId,
  onRemove,
}: {
  readonly agent: Agent;
  readonly chats: readonly Chat[];
  readonly chatId?: string;
  readonly onRemove: (chat: Chat) => void;
}) {
  return (
    <nav aria-label="Chats" className="flex min-h-0 flex-1 flex-col overflow-y-auto p-2">
      {chats.length === 0 && <p className="px-2 py-1 text-xs text-ink-3">No chat yet: write a message to begin one.</p>}
      {chats.map((chat) => (
        <div
          key={chat.id}
          className={classes('group flex items-center rounded-md', chat.id === chatId ? 'bg-chosen' : 'hover:bg-hover')}
        >
          <Link
            to={`/agents/${agent.id}/chats/${chat.id}`}
            aria-current={chat.id === chatId ? 'page' : undefined}
            className="flex min-w-0 flex-1 flex-col px-2 py-1.5 -outline-offset-2"
          >
            <span className="truncate text-sm">{chat.title}</span>
            <span className="text-xs text-ink-3">
              <Ago at={chat.updatedAt} />
            </span>
          </Link>
          <span className="pr-1 opacity-0 focus-within:opacity-100 group-hover:opacity-100">
            <IconButton icon={Trash} name={`Remove chat ${chat.title}`} size="small" onClick={() => onRemove(chat)} />
          </span>
        </div>
      ))}
    </nav>
  );
}

/** A message to a chat that does not exist yet makes the chat first, then goes into it. */
function useFirstMessage(
  chatId: string | undefined,
  send: (text: string) => void,
): [string | null, (text: string | null) => void] {
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    if (text === null || chatId === undefined) return;
    setText(null);
    send(text);
  }, [text, chatId, send]);
  return [text, setText];
}

function Conversation({ agent, chatId }: { readonly agent: Agent; readonly chatId: string | undefined }) {
  const navigate = useNavigate();
  const chat = useChat(chatId);
  const projects = useRead(listProjectsRoute, { query: { limit: 200 } }).data?.items ?? [];
  const [projectId, setProjectId] = useState<string | null>(null);
  const [first, setFirst] = useFirstMessage(chatId, chat.send);
  const create = useAct(createChatRoute, {
    refreshes: ['agents.list-chats'],
    onDone: (made) => navigate(`/agents/${agent.id}/chats/${made.id}`, { replace: chatId === undefined }),
  });
  const begin = (text: string): void => {
    setFirst(text);
    const title = text.length > 80 ? `${text.slice(0, 77)}…` : text;
    create.mutate(
      { params: { id: agent.id }, body: { title, projectId: projectId ?? projects[0]?.id ?? null } },
      { onError: () => setFirst(null) },
    );
  };
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      {chatId === undefined ? (
        <div className="flex min-h-0 flex-1 flex-col justify-center overflow-y-auto">
          <EmptyState icon={Bot} title={`Talk with ${agent.name}`}>
            {agent.personaName}.{' '}
            {agent.skills.length > 0 ? `It can use ${agent.skills.join(', ')}.` : 'It has no skills, so it only talks.'}
          </EmptyState>
        </div>
      ) : (
        <ChatThread chat={chat} agentId={agent.id} agentName={agent.name} />
      )}
      <div className="shrink-0 px-6 pb-4">
        <div className="mx-auto flex max-w-3xl flex-col gap-2">
          {create.error && <ErrorBox error={create.error} />}
          {chatId === undefined && (
            <label htmlFor="chat-project" className="flex items-center gap-2 text-xs text-ink-3">
              <FolderGit2 size={13} aria-hidden />
              Works in
              <Select
                id="chat-project"
                className="!w-64"
                value={projectId ?? projects[0]?.id ?? ''}
                onChange={(next) => setProjectId(next)}
                options={[
                  ...projects.map((project) => ({ value: project.id, label: project.name })),
                  { value: '', label: 'No project' },
                ]}
              />
            </label>
          )}
          <Composer
            key={chatId ?? 'new'}
            draftKey={`draft.${chatId ?? agent.id}`}
            agentName={agent.name}
            isAnswering={chat.isAnswering || create.isPending || first !== null}
            onSend={chatId === undefined ? begin : chat.send}
            onStop={chat.stop}
          />
        </div>
      </div>
    </div>
  );
}

export function ChatPage() {
  const { id = '', chatId } = useParams();
  const navigate = useNavigate();
  const agent = useRead(readAgentRoute, { params: { id } });
  const may = useMay();
  const chats = usePages(listChatsRoute, { params: { id } }, { enabled: may('agents.chat') });
  const [isEditing, setEditing] = useState(false);
  const [removing, setRemoving] = useState<Chat | null>(null);
  const remove = useAct(removeChatRoute, {
    refreshes: ['agents.list-chats'],
    onDone: (_, { params }) => {
      setRemoving(null);
      if (params.id === chatId) void navigate(`/agents/${id}`, { replace: true });
    },
  });
  const data = agent.data;
  const chat = chats.items.find((one) => one.id === chatId);
  const crumbs = [
    { label: 'Agents', to: '/agents' },
    ...(data && chat ? [{ label: data.name, to: `/agents/${id}` }] : []),
  ];
  return (
    <Page title={chat?.title ?? data?.name ?? 'Agent'} crumbs={crumbs} bare fixed>
      {agent.isPending && <SkeletonRows />}
      {!data && agent.error && (
        <PageError
          error={agent.error}
          onRetry={() => void agent.refetch()}
          back={{ label: 'See all agents', to: '/agents' }}
        />
      )}
      {data && (
        <div className="flex min-h-0 flex-1 max-lg:flex-col">
          <aside
            aria-label="Agent and chats"
            className="flex w-60 shrink-0 flex-col border-r border-line max-lg:max-h-52 max-lg:w-full max-lg:border-b"
          >
            <div className="flex flex-col gap-2 border-b border-line p-3">
              <div className="flex items-start justify-between gap-2">
                <div className="min-w-0">
                  <p className="truncate text-base font-semibold">{data.name}</p>
                  <p className="truncate text-xs text-ink-3">{data.personaName}</p>
                </div>
                {may('agents.write') && (
                  <IconButton icon={Pencil} name="Edit this agent" size="small" onClick={() => setEditing(true)} />
                )}
              </div>
              <div className="flex flex-wrap gap-1">
                <Tag>{data.model ? data.model.model : 'default model'}</Tag>
                {data.skills.map((skill) => (
                  <Tag key={skill}>{skill}</Tag>
                ))}
              </div>
              {may('agents.chat') && (
                <Button icon={Plus} onClick={() => navigate(`/agents/${id}`)}>
                  New chat
                </Button>
              )}
            </div>
            {may('agents.chat') && <ChatList agent={data} chats={chats.items} chatId={chatId} onRemove={setRemoving} />}
          </aside>
          {may('agents.chat') ? (
            <Conversation agent={data} chatId={chatId} />
          ) : (
            <EmptyState icon={Bot} title={data.name}>
              {data.personaName}. Your role may look at agents, not chat with them: an owner or admin can give you
              another one.
            </EmptyState>
          )}
        </div>
      )}
      {isEditing && data && <AgentDialog agent={data} onClose={() => setEditing(false)} />}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title="Remove this chat?"
        consequence={<>All messages of “{removing?.title}” go with it. This cannot be undone.</>}
        verb="Remove the chat"
        busy={remove.isPending}
        fault={remove.error && <ErrorBox error={remove.error} />}
        onConfirm={() => removing && remove.mutate({ params: { id: removing.id } })}
      />
    </Page>
  );
}
