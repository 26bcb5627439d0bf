// Making a persona, from nothing or from another one, or changing one's own. Its fields come from the contract.
import { changePersonaRoute, createPersonaRoute, type Persona } from '@gathering/contract/agents';
import { useAct } from '../../lib/query.ts';
import { type FormField, fieldsOfZod } from '../../lib/schema-fields.ts';
import { useForm } from '../../lib/use-form.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { SchemaForm } from '../../ui/schema-form.tsx';

type Values = Pick<
  Persona,
  'name' | 'role' | 'background' | 'traits' | 'communicationStyle' | 'specializations' | 'languages' | 'instructions'
>;

const blank: Values = {
  name: '',
  role: '',
  background: '',
  traits: [],
  communicationStyle: 'balanced',
  specializations: [],
  languages: ['English'],
  instructions: '',
};
/** What a field holds once it is emptied. */
const emptied: Values = { ...blank, languages: [] };

function valuesOf(persona: Persona): Values {
  const { name, role, background, traits, communicationStyle, specializations, languages, instructions } = persona;
  return { name, role, background, traits, communicationStyle, specializations, languages, instructions };
}

const longestName = 100;
const ownName = (name: string): string => `${name.slice(0, longestName - 6)} (own)`;

// A style is always chosen; there is no other usual one.
const fields: readonly FormField[] = fieldsOfZod(createPersonaRoute.body).map((field) =>
  field.kind === 'choice' ? { ...field, optional: false } : field,
);
const inRows = [['name', 'role'], ['background'], ['traits', 'specializations', 'languages'], ['communicationStyle']];
const rows: readonly (readonly FormField[])[] = [
  ...inRows.map((names) => names.flatMap((name) => fields.filter((field) => field.name === name))),
  fields.filter((field) => !inRows.flat().includes(field.name)),
];
const columnsOf = ['', '', 'sm:grid-cols-2', 'sm:grid-cols-3'] as const;

interface PersonaDialogProps {
  /** Given: this one is changed. */
  readonly persona?: Persona;
  /** Given: the new one begins as this one is. */
  readonly copyOf?: Persona;
  readonly onClose: () => void;
}

/** What the dialog is called, and what it begins with. */
function beginningOf(persona: Persona | undefined, copyOf: Persona | undefined) {
  if (persona) {
    const lead = 'Agents that use it take the change with their next turn.';
    return { title: `Edit ${persona.name}`, lead, verb: 'Save', first: valuesOf(persona), key: persona.id };
  }
  const lead = 'Judgement and voice for agents, as data.';
  const verb = 'Create persona';
  if (!copyOf) return { title: 'New persona', lead, verb, first: blank, key: 'new' };
  const first = { ...valuesOf(copyOf), name: ownName(copyOf.name) };
  return { title: `Your own from ${copyOf.name}`, lead, verb, first, key: `copy.${copyOf.id}` };
}

export function PersonaDialog({ persona, copyOf, onClose }: PersonaDialogProps) {
  const { title, lead, verb, first, key } = beginningOf(persona, copyOf);
  const form = useForm(createPersonaRoute.body, first, { key: `persona.${key}` });
  const create = useAct(createPersonaRoute, { refreshes: ['agents.list-personas'], onDone: onClose });
  const change = useAct(changePersonaRoute, {
    refreshes: ['agents.list-personas', 'agents.read-persona', 'agents.list'],
    onDone: onClose,
  });
  const error = create.error ?? change.error;
  const send = (): void => {
    form.send((body) => {
      if (persona) change.mutate({ params: { id: persona.id }, body }, { onError: form.refuse });
      else create.mutate({ body }, { onError: form.refuse });
    });
  };
  const take = (next: Readonly<Record<string, unknown>>): void => {
    const names = Object.keys(form.value) as (keyof Values)[];
    const changed = names.filter((name) => next[name] !== form.value[name]);
    form.change(Object.fromEntries(changed.map((name) => [name, next[name] ?? emptied[name]])));
  };
  /** A list tells the first fault among its items too. */
  const faultOf = (path: string): string | undefined => {
    const own = form.faultOf(path);
    const list = form.value[path as keyof Values];
    if (own !== undefined || !Array.isArray(list)) return own;
    const at = list.findIndex((_, index) => form.faultOf(`${path}.${index}`) !== undefined);
    return at < 0 ? undefined : `Item ${at + 1}: ${form.faultOf(`${path}.${at}`)}`;
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={title}
      description={lead}
      onSubmit={send}
      footer={
        <>
          <Button onClick={onClose}>Discard</Button>
          <Button look="primary" type="submit" busy={create.isPending || change.isPending}>
            {verb}
          </Button>
        </>
      }
    >
      <div ref={form.form} className="flex flex-col gap-3">
        {error && <ErrorBox error={error} />}
        {rows.map((row) => (
          <div key={row.map((field) => field.name).join()} className={`grid gap-3 ${columnsOf[row.length] ?? ''}`}>
            <SchemaForm fields={row} value={form.value} onChange={take} context={{ faultOf, onTouch: form.touch }} />
          </div>
        ))}
      </div>
    </Dialog>
  );
}
