// Making a schedule, or changing one. The same rules as the server's, from the contract.
import { listProjectsRoute } from '@gathering/contract/projects';
import { changeScheduleRoute, createScheduleRoute, type Schedule } from '@gathering/contract/schedules';
import { useNavigate } from 'react-router';
import { useAct, useRead } from '../../lib/query.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { Field, Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import { ActionFields } from './action-fields.tsx';
import { BackTest } from './back-test.tsx';
import { PolicyFields } from './policy-fields.tsx';
import { TimingFields } from './timing-fields.tsx';
import { type ScheduleForm, useScheduleForm } from './use-schedule-form.ts';

const refreshes = ['schedules.list', 'schedules.read', 'schedules.read-calendar'];

export function ScheduleDialog({ schedule, onClose }: { readonly schedule?: Schedule; readonly onClose: () => void }) {
  const navigate = useNavigate();
  const form = useScheduleForm(schedule);
  const create = useAct(createScheduleRoute, {
    refreshes,
    onDone: (made) => {
      onClose();
      void navigate(`/schedules/${made.id}`);
    },
  });
  const change = useAct(changeScheduleRoute, { refreshes, onDone: onClose });
  const error = create.error ?? change.error;
  const send = (): void => {
    form.send((body) => {
      if (schedule) {
        const changed = { ...body, revision: schedule.revision };
        change.mutate({ params: { id: schedule.id }, body: changed }, { onError: form.refuse });
      } else create.mutate({ body }, { onError: form.refuse });
    });
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={schedule ? `Edit ${schedule.name}` : 'New schedule'}
      description={
        schedule
          ? 'It counts from now on; from then on its work has your rights.'
          : 'Its work has your rights, as they are at each instant.'
      }
      onSubmit={send}
      footer={
        <>
          <Button onClick={onClose}>Discard</Button>
          <Button look="primary" type="submit" busy={create.isPending || change.isPending}>
            {schedule ? 'Save' : 'Create schedule'}
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        {error && <ErrorBox error={error} />}
        <NameFields form={form} />
        <TimingFields form={form} />
        {schedule && <BackTest schedule={schedule} form={form} />}
        <ActionFields form={form} />
        <PolicyFields form={form} />
      </div>
    </Dialog>
  );
}

function NameFields({ form }: { readonly form: ScheduleForm }) {
  const projects = useRead(listProjectsRoute, { query: { limit: 200 } }).data?.items ?? [];
  return (
    <div className="grid gap-3 sm:grid-cols-2">
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
      <Field label="Project" fault={form.faultOf('projectId')}>
        {(binding) => (
          <Select
            {...binding}
            value={form.value.projectId ?? ''}
            options={[
              { value: '', label: 'No project' },
              ...projects.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            onChange={(id) => form.change({ projectId: id === '' ? null : id })}
          />
        )}
      </Field>
    </div>
  );
}
