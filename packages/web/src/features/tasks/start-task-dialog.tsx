// Sets an agent to work in the background: which one, on what goal, in which folder, and what it may spend.
import { listAgentsRoute } from '@gathering/contract/agents';
import { listProjectsRoute } from '@gathering/contract/projects';
import { defaultTaskLimits, readTaskRoute, startTaskRoute } from '@gathering/contract/tasks';
import { ChevronRight, Play } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { seedAnswer, useAct, useRead } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input, TextArea } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';

const first = { agent: '', goal: '', projectId: null as string | null, limits: defaultTaskLimits };
type Form = ReturnType<typeof useForm<typeof startTaskRoute.body, typeof first>>;

const numbers = [
  { name: 'maxSteps', label: 'Most steps', hint: 'Questions to the model.' },
  { name: 'maxSeconds', label: 'Longest work, seconds', hint: 'Pauses and waits do not count.' },
  { name: 'maxTokens', label: 'Most tokens', hint: 'In and out.' },
] as const;

function Limits({ form }: { readonly form: Form }) {
  const [isOpen, setOpen] = useState(false);
  const { limits } = form.value;
  const set = (part: Partial<typeof limits>): void => form.change({ limits: { ...limits, ...part } });
  return (
    <div className="flex flex-col gap-3">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex items-center gap-1 self-start text-sm text-ink-2 hover:text-ink"
      >
        <ChevronRight size={13} aria-hidden className={classes('transition-transform', isOpen && 'rotate-90')} />
        Limits
      </button>
      {isOpen && (
        <div className="grid gap-3 sm:grid-cols-2">
          {numbers.map(({ name, label, hint }) => (
            <Field key={name} label={label} hint={hint} fault={form.faultOf(`limits.${name}`)}>
              {(binding) => (
                <Input
                  {...binding}
                  type="number"
                  value={limits[name]}
                  onChange={(change) => set({ [name]: Number(change.target.value) })}
                />
              )}
            </Field>
          ))}
          <Field
            label="Most cost, US dollars"
            optional
            hint="Needs a model whose price is known."
            fault={form.faultOf('limits.maxCostUsd')}
          >
            {(binding) => (
              <Input
                {...binding}
                type="number"
                step="0.01"
                value={limits.maxCostUsd ?? ''}
                onChange={({ target }) => set({ maxCostUsd: target.value === '' ? null : Number(target.value) })}
              />
            )}
          </Field>
        </div>
      )}
    </div>
  );
}

export function StartTaskDialog({ onClose }: { readonly onClose: () => void }) {
  const navigate = useNavigate();
  const agents = useRead(listAgentsRoute, { query: { limit: 200 } });
  const projects = useRead(listProjectsRoute, { query: { limit: 200 } });
  const form = useForm(startTaskRoute.body, first, { key: 'task.new' });
  const start = useAct(startTaskRoute, {
    refreshes: ['tasks.list', 'operations.read-home'],
    onDone: (task) => {
      seedAnswer(readTaskRoute, { params: { id: task.id } }, task);
      onClose();
      void navigate(`/tasks/${task.id}`);
    },
  });
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="New background run"
      description="An agent works on a goal over many turns, also while you are away and after a restart."
      onSubmit={() => form.send((body) => start.mutate({ body }, { onError: form.refuse }))}
      footer={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button look="primary" icon={Play} type="submit" busy={start.isPending}>
            Start
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        {start.error && <ErrorBox error={start.error} />}
        {agents.error && <ErrorBox error={agents.error} onRetry={() => void agents.refetch()} />}
        <Field label="Goal" hint="What is to be reached, and how one sees that it is." fault={form.faultOf('goal')}>
          {(binding) => (
            <TextArea
              {...binding}
              autoFocus
              rows={5}
              value={form.value.goal}
              onBlur={() => form.touch('goal')}
              onChange={(change) => form.change({ goal: change.target.value })}
            />
          )}
        </Field>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Agent" fault={form.faultOf('agent') && 'Choose the agent that does it.'}>
            {(binding) => (
              <Select
                {...binding}
                value={form.value.agent}
                placeholder="Choose an agent…"
                options={(agents.data?.items ?? []).map((agent) => ({ value: agent.id, label: agent.name }))}
                onChange={(agent) => form.change({ agent })}
              />
            )}
          </Field>
          <Field label="Project" optional hint="The folder that file and git tools are confined to.">
            {(binding) => (
              <Select
                {...binding}
                value={form.value.projectId ?? ''}
                options={[
                  { value: '', label: 'No project' },
                  ...(projects.data?.items ?? []).map((project) => ({ value: project.id, label: project.name })),
                ]}
                onChange={(projectId) => form.change({ projectId: projectId === '' ? null : projectId })}
              />
            )}
          </Field>
        </div>
        <Limits form={form} />
      </div>
    </Dialog>
  );
}
