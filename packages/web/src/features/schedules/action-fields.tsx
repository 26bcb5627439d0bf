// What a schedule does when it comes due: one kind of action with its fields.
import { listAgentsRoute } from '@gathering/contract/agents';
import type { Json } from '@gathering/contract/json';
import { listPipelinesRoute } from '@gathering/contract/pipelines';
import type { ScheduleAction } from '@gathering/contract/schedule-timing';
import { useRead } from '../../lib/query.ts';
import { Field, Input, TextArea } from '../../ui/input.tsx';
import { JsonField } from '../../ui/json-field.tsx';
import { Select } from '../../ui/select.tsx';
import { actionWords } from './describe.ts';
import type { ScheduleForm } from './use-schedule-form.ts';

const firstActions: { readonly [K in ScheduleAction['kind']]: Extract<ScheduleAction, { kind: K }> } = {
  execute_pipeline: { kind: 'execute_pipeline', pipelineId: '' },
  run_task: { kind: 'run_task', agent: '', goal: '' },
  send_notification: { kind: 'send_notification', title: '' },
  call_api: { kind: 'call_api', url: '' },
};
const kinds = Object.entries(actionWords).map(([value, label]) => ({ value, label }));

type Of<K extends ScheduleAction['kind']> = {
  readonly form: ScheduleForm;
  readonly action: Extract<ScheduleAction, { kind: K }>;
};

export function ActionFields({ form }: { readonly form: ScheduleForm }) {
  const { action } = form.value;
  return (
    <>
      <Field label="Then" fault={form.faultOf('action.kind')}>
        {(binding) => (
          <Select
            {...binding}
            value={action.kind}
            options={kinds}
            onChange={(kind) => form.change({ action: firstActions[kind as ScheduleAction['kind']] })}
          />
        )}
      </Field>
      {action.kind === 'execute_pipeline' && <PipelineFields form={form} action={action} />}
      {action.kind === 'run_task' && <TaskFields form={form} action={action} />}
      {action.kind === 'send_notification' && <NotificationFields form={form} action={action} />}
      {action.kind === 'call_api' && <CallFields form={form} action={action} />}
    </>
  );
}

function PipelineFields({ form, action }: Of<'execute_pipeline'>) {
  const pipelines = useRead(listPipelinesRoute, { query: { limit: 200 } }).data?.items ?? [];
  return (
    <>
      <Field label="Pipeline" fault={form.faultOf('action.pipelineId') && 'Choose a pipeline that can run.'}>
        {(binding) => (
          <Select
            {...binding}
            value={action.pipelineId}
            placeholder="Choose a pipeline…"
            options={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(pipelineId) => form.change({ action: { ...action, pipelineId } })}
          />
        )}
      </Field>
      <Field label="Input" optional hint="JSON for its trigger." fault={form.faultOf('action.input')}>
        {(binding) => (
          <JsonField
            binding={binding}
            rows={3}
            value={action.input}
            onChange={(input) => form.change({ action: { ...action, input: input as Json | undefined } })}
          />
        )}
      </Field>
    </>
  );
}

function TaskFields({ form, action }: Of<'run_task'>) {
  const agents = useRead(listAgentsRoute, { query: { limit: 200 } }).data?.items ?? [];
  return (
    <>
      <Field label="Agent" fault={form.faultOf('action.agent') && 'Choose the agent.'}>
        {(binding) => (
          <Select
            {...binding}
            value={action.agent}
            placeholder="Choose an agent…"
            options={agents.map(({ handle, name }) => ({ value: handle, label: name }))}
            onChange={(agent) => form.change({ action: { ...action, agent } })}
          />
        )}
      </Field>
      <Field label="Goal" fault={form.faultOf('action.goal')}>
        {(binding) => (
          <TextArea
            {...binding}
            value={action.goal}
            onChange={({ target }) => form.change({ action: { ...action, goal: target.value } })}
          />
        )}
      </Field>
    </>
  );
}

function NotificationFields({ form, action }: Of<'send_notification'>) {
  return (
    <>
      <Field label="Headline" fault={form.faultOf('action.title')}>
        {(binding) => (
          <Input
            {...binding}
            value={action.title}
            onChange={({ target }) => form.change({ action: { ...action, title: target.value } })}
          />
        )}
      </Field>
      <Field label="Text" optional fault={form.faultOf('action.body')}>
        {(binding) => (
          <TextArea
            {...binding}
            value={action.body ?? ''}
            onChange={({ target }) => form.change({ action: { ...action, body: target.value } })}
          />
        )}
      </Field>
    </>
  );
}

const methods = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const;

function CallFields({ form, action }: Of<'call_api'>) {
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-[7rem_1fr]">
        <Field label="Method">
          {(binding) => (
            <Select
              {...binding}
              value={action.method ?? 'POST'}
              options={methods.map((name) => ({ value: name, label: name }))}
              onChange={(method) => form.change({ action: { ...action, method: method as (typeof methods)[number] } })}
            />
          )}
        </Field>
        <Field label="Address" fault={form.faultOf('action.url')}>
          {(binding) => (
            <Input
              {...binding}
              className="font-mono"
              placeholder="https://example.org/hook"
              value={action.url}
              onChange={({ target }) => form.change({ action: { ...action, url: target.value } })}
            />
          )}
        </Field>
      </div>
      <Field
        label="Body"
        optional
        hint="JSON. Each call carries an Idempotency-Key."
        fault={form.faultOf('action.body')}
      >
        {(binding) => (
          <JsonField
            binding={binding}
            rows={3}
            value={action.body}
            onChange={(body) => form.change({ action: { ...action, body: body as Json | undefined } })}
          />
        )}
      </Field>
    </>
  );
}
