// Making an agent from a persona, or changing one. The same rules as the server's, from the contract.
import {
  type Agent,
  changeAgentRoute,
  createAgentRoute,
  defaultTurnLimits,
  listPersonasRoute,
} from '@gathering/contract/agents';
import { listProvidersRoute } from '@gathering/contract/providers';
import { listSkillsRoute } from '@gathering/contract/skills';
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useAct, useRead } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input, TextArea } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';

interface AgentDialogProps {
  readonly agent?: Agent;
  readonly onClose: () => void;
}

function firstValues(agent: Agent | undefined) {
  return {
    name: agent?.name ?? '',
    personaId: agent?.personaId ?? '',
    model: agent?.model ?? null,
    temperature: agent?.temperature ?? null,
    maxOutputTokens: agent?.maxOutputTokens ?? null,
    skills: agent?.skills ?? ['filesystem', 'git'],
    limits: { ...defaultTurnLimits, ...agent?.limits },
    instructions: agent?.instructions ?? '',
  };
}
type Values = ReturnType<typeof firstValues>;
type Form = ReturnType<typeof useForm<typeof createAgentRoute.body, Values>>;

function SkillPicker({
  chosen,
  onChange,
}: {
  readonly chosen: readonly string[];
  readonly onChange: (skills: string[]) => void;
}) {
  const skills = useRead(listSkillsRoute, {}).data?.items ?? [];
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1 text-sm font-medium">Skills</legend>
      <div className="grid gap-1.5 sm:grid-cols-2">
        {skills.map((skill) => (
          <label
            key={skill.name}
            className="flex items-start gap-2 rounded-md border border-line p-2 text-sm hover:bg-hover has-checked:border-accent has-checked:bg-chosen"
          >
            <input
              type="checkbox"
              className="mt-1 accent-accent"
              checked={chosen.includes(skill.name)}
              onChange={(change) =>
                onChange(change.target.checked ? [...chosen, skill.name] : chosen.filter((name) => name !== skill.name))
              }
            />
            <span className="min-w-0">
              <span className="block font-medium">{skill.title}</span>
              <span className="block text-xs text-ink-2">{skill.description}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function ModelPicker({ form }: { readonly form: Form }) {
  const providers = useRead(listProvidersRoute, {}).data?.items ?? [];
  const options = providers
    .filter((provider) => provider.enabled)
    .flatMap((provider) =>
      provider.models.map((model) => ({
        value: JSON.stringify([provider.name, model.id]),
        label: model.id,
        group: provider.name,
      })),
    );
  const { model } = form.value;
  return (
    <Field label="Model" fault={form.faultOf('model')} hint="The default model is set in Settings.">
      {(binding) => (
        <Select
          {...binding}
          value={model === null ? '' : JSON.stringify([model.provider, model.model])}
          options={[{ value: '', label: 'Default model' }, ...options]}
          onChange={(next) => {
            const [provider, id] = next === '' ? [] : (JSON.parse(next) as [string, string]);
            form.change({ model: provider === undefined || id === undefined ? null : { provider, model: id } });
          }}
        />
      )}
    </Field>
  );
}

const numberOf = (text: string): number | null => (text === '' ? null : Number(text));

function Limits({ form }: { readonly form: Form }) {
  const [isOpen, setOpen] = useState(false);
  const { limits, temperature, maxOutputTokens } = form.value;
  const numbers = [
    { name: 'maxSteps', label: 'Most steps of a turn' },
    { name: 'maxTokens', label: 'Most tokens of a turn' },
    { name: 'maxSeconds', label: 'Longest turn, seconds' },
  ] as const;
  return (
    <div className="flex flex-col gap-3">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex items-center gap-1 self-start text-sm text-ink-2 hover:text-ink"
      >
        <ChevronRight size={13} aria-hidden className={classes('transition-transform', isOpen && 'rotate-90')} />
        Limits and temperature
      </button>
      {isOpen && (
        <div className="grid gap-3 sm:grid-cols-3">
          {numbers.map(({ name, label }) => (
            <Field key={name} label={label} fault={form.faultOf(`limits.${name}`)}>
              {(binding) => (
                <Input
                  {...binding}
                  type="number"
                  value={limits[name]}
                  onChange={(change) => form.change({ limits: { ...limits, [name]: Number(change.target.value) } })}
                />
              )}
            </Field>
          ))}
          <Field label="Temperature" optional fault={form.faultOf('temperature')}>
            {(binding) => (
              <Input
                {...binding}
                type="number"
                step="0.1"
                value={temperature ?? ''}
                onChange={(change) => form.change({ temperature: numberOf(change.target.value) })}
              />
            )}
          </Field>
          <Field label="Longest answer, tokens" optional fault={form.faultOf('maxOutputTokens')}>
            {(binding) => (
              <Input
                {...binding}
                type="number"
                value={maxOutputTokens ?? ''}
                onChange={(change) => form.change({ maxOutputTokens: numberOf(change.target.value) })}
              />
            )}
          </Field>
        </div>
      )}
    </div>
  );
}

export function AgentDialog({ agent, onClose }: AgentDialogProps) {
  const navigate = useNavigate();
  const personas = useRead(listPersonasRoute, { query: { limit: 200 } }).data?.items ?? [];
  const form = useForm(createAgentRoute.body, firstValues(agent), { key: `agent.${agent?.id ?? 'new'}` });
  const create = useAct(createAgentRoute, {
    refreshes: ['agents.list'],
    onDone: (made) => {
      onClose();
      void navigate(`/agents/${made.id}`);
    },
  });
  const change = useAct(changeAgentRoute, { refreshes: ['agents.list', 'agents.read'], onDone: onClose });
  const error = create.error ?? change.error;
  const persona = personas.find((one) => one.id === form.value.personaId);
  const send = (): void => {
    form.send((body) => {
      if (agent) change.mutate({ params: { id: agent.id }, body }, { onError: form.refuse });
      else create.mutate({ body }, { onError: form.refuse });
    });
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={agent ? `Edit ${agent.name}` : 'New agent'}
      description={agent ? undefined : 'A persona gives it judgement and voice; skills give it hands.'}
      onSubmit={send}
      footer={
        <>
          <Button onClick={onClose}>Discard</Button>
          <Button look="primary" type="submit" busy={create.isPending || change.isPending}>
            {agent ? 'Save' : 'Create agent'}
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        {error && <ErrorBox error={error} />}
        <div className="grid gap-3 sm:grid-cols-2">
          <Field
            label="Persona"
            hint={persona?.role}
            fault={form.faultOf('personaId') && 'Choose the persona that it takes on.'}
          >
            {(binding) => (
              <Select
                {...binding}
                autoFocus={!agent}
                value={form.value.personaId}
                placeholder="Choose a persona…"
                options={personas.map((one) => ({ value: one.id, label: one.name }))}
                onChange={(personaId) => {
                  const next = personas.find((one) => one.id === personaId);
                  const isUnnamed = form.value.name === '' || personas.some((one) => one.name === form.value.name);
                  form.change({ personaId, ...(next && isUnnamed ? { name: next.name } : {}) });
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
                onChange={(change) => form.change({ name: change.target.value })}
              />
            )}
          </Field>
        </div>
        <ModelPicker form={form} />
        <SkillPicker chosen={form.value.skills} onChange={(skills) => form.change({ skills })} />
        <Field label="Instructions" optional hint="Added to the persona's own." fault={form.faultOf('instructions')}>
          {(binding) => (
            <TextArea
              {...binding}
              rows={3}
              value={form.value.instructions}
              onChange={(change) => form.change({ instructions: change.target.value })}
            />
          )}
        </Field>
        <Limits form={form} />
      </div>
    </Dialog>
  );
}
