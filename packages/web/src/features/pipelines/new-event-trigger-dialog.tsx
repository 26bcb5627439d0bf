// Making a trigger that follows events: which types, and a filter that is checked while it is typed and can be tried on what
// happened lately.
import { type EventType, eventTypeNames } from '@gathering/contract/events';
import { checkExpression } from '@gathering/contract/expressions';
import { createTriggerRoute, type NewTrigger, tryFilterRoute } from '@gathering/contract/pipelines-triggers';
import { FlaskConical, X } from 'lucide-react';
import { plural } from '../../lib/format.ts';
import { useAct } from '../../lib/query.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input, TextArea } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import { Tag } from '../../ui/state-badge.tsx';
import { Ago } from '../../ui/time.tsx';
import { TriggerProject } from './trigger-project.tsx';

interface TypesProps {
  readonly chosen: readonly EventType[];
  readonly fault?: string;
  readonly onChange: (types: EventType[]) => void;
}

function Types({ chosen, fault, onChange }: TypesProps) {
  const rest = eventTypeNames.filter((type) => !chosen.includes(type));
  const add = (value: string): void => {
    const type = rest.find((one) => one === value);
    if (type !== undefined) onChange([...chosen, type]);
  };
  return (
    <Field label="Events" hint="A run starts for each of these that fits the filter." fault={fault}>
      {(binding) => (
        <div className="flex flex-col gap-1.5">
          {chosen.length > 0 && (
            <ul aria-label="Chosen events" className="flex flex-wrap gap-1">
              {chosen.map((type) => (
                <li key={type} className="inline-flex items-center">
                  <Tag mono>{type}</Tag>
                  <IconButton
                    icon={X}
                    name={`Leave out ${type}`}
                    size="small"
                    onClick={() => onChange(chosen.filter((one) => one !== type))}
                  />
                </li>
              ))}
            </ul>
          )}
          <Select
            {...binding}
            value=""
            placeholder="Add a type of event…"
            onChange={add}
            options={rest.map((type) => ({ value: type, label: type, group: type.split('.')[0] }))}
          />
        </div>
      )}
    </Field>
  );
}

/** The first fault of the filter as it is typed. */
function faultOfFilter(filter: string): string | undefined {
  if (filter.trim() === '') return undefined;
  const [fault] = checkExpression(filter.trim(), 'bool', 'event').faults;
  return fault && `Column ${fault.column}: ${fault.message}.`;
}

interface TryProps {
  readonly types: readonly EventType[];
  readonly filter: string;
  readonly isReady: boolean;
}

function Try({ types, filter, isReady }: TryProps) {
  const attempt = useAct(tryFilterRoute);
  const { data } = attempt;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-2">
        <Button
          icon={FlaskConical}
          disabled={!isReady}
          busy={attempt.isPending}
          onClick={() => attempt.mutate({ body: { types: [...types], filter } })}
        >
          Try it on past events
        </Button>
        {data && (
          <span role="status" className="text-sm text-ink-2">
            {data.looked === 0
              ? 'No such event has happened lately.'
              : `It would have taken ${data.takenCount} of the last ${plural(data.looked, 'event')}.`}
          </span>
        )}
      </div>
      {attempt.error && <ErrorBox error={attempt.error} />}
      {data && data.taken.length > 0 && (
        <ul aria-label="Events that fit" className="flex flex-col gap-0.5 text-xs text-ink-2">
          {data.taken.slice(0, 5).map((event) => (
            <li key={`${event.at} ${event.subject} ${event.type}`} className="flex gap-2">
              <Ago at={event.at} />
              <span className="truncate font-mono">
                {event.type} {JSON.stringify(event.payload)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface NewEventTriggerProps {
  readonly pipelineId: string;
  readonly onClose: () => void;
  readonly onMade: (made: NewTrigger) => void;
}

const eventSchema = createTriggerRoute.body.options[1];

export function NewEventTriggerDialog({ pipelineId, onClose, onMade }: NewEventTriggerProps) {
  const form = useForm(eventSchema, {
    kind: 'event' as const,
    name: '',
    projectId: null as string | null,
    types: [] as EventType[],
    filter: '',
  });
  const create = useAct(createTriggerRoute, { refreshes: ['pipelines.list-triggers'], onDone: onMade });
  const ofFilter = faultOfFilter(form.value.filter);
  const send = (): void =>
    form.send((body) => {
      if (ofFilter === undefined) create.mutate({ params: { id: pipelineId }, body }, { onError: form.refuse });
    });
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Follow events"
      description="The pipeline starts when something happens here that you may see. Its input is the event."
      onSubmit={send}
      footer={
        <>
          <Button onClick={onClose}>Discard</Button>
          <Button look="primary" type="submit" busy={create.isPending}>
            Add the trigger
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        {create.error && <ErrorBox error={create.error} />}
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
        <Types
          chosen={form.value.types}
          fault={form.faultOf('types') && 'Choose at least one.'}
          onChange={(types) => form.change({ types })}
        />
        <Field
          label="Filter"
          optional
          fault={ofFilter ?? form.faultOf('filter')}
          hint='A condition over event, such as event.payload.status == "failed".'
        >
          {(binding) => (
            <TextArea
              {...binding}
              rows={2}
              spellCheck={false}
              className="font-mono text-xs"
              value={form.value.filter}
              onChange={({ target }) => form.change({ filter: target.value })}
            />
          )}
        </Field>
        <Try
          types={form.value.types}
          filter={form.value.filter.trim()}
          isReady={form.value.types.length > 0 && ofFilter === undefined}
        />
        <TriggerProject
          value={form.value.projectId}
          fault={form.faultOf('projectId')}
          onChange={(projectId) => form.change({ projectId })}
        />
      </div>
    </Dialog>
  );
}
