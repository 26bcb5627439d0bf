// One persona by its address: a ready one to read and to take as a beginning, one's own to change.
import { type Persona, readPersonaRoute } from '@gathering/contract/agents';
import { Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMay } from '../../lib/may.ts';
import { useRead } from '../../lib/query.ts';
import { Button, LinkButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorBox } from '../../ui/error-box.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Tag } from '../../ui/state-badge.tsx';
import { PersonaDialog } from './persona-dialog.tsx';

function Entry({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="grid gap-x-4 gap-y-1 sm:grid-cols-[140px_1fr]">
      <dt className="text-sm text-ink-2">{name}</dt>
      <dd className="min-w-0 text-sm break-words whitespace-pre-line">{children}</dd>
    </div>
  );
}

function Words({ words }: { readonly words: readonly string[] }) {
  if (words.length === 0) return <span className="text-ink-3">none</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {words.map((word) => (
        <Tag key={word}>{word}</Tag>
      ))}
    </span>
  );
}

/** A ready one; to whoever may not change personas, any. */
function ShownPersona({ persona, onClose }: { readonly persona: Persona; readonly onClose: () => void }) {
  const mayChange = useMay()('agents.write');
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={persona.name}
      description={
        mayChange
          ? 'A ready persona: it cannot be changed or removed, but you can make your own from it.'
          : 'Operators and above change personas.'
      }
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          {mayChange && (
            <LinkButton look="primary" icon={Copy} to={`/personas?copy=${persona.id}`}>
              Make your own
            </LinkButton>
          )}
        </>
      }
    >
      <dl className="flex flex-col gap-3">
        <Entry name="Role">{persona.role}</Entry>
        <Entry name="Background">{persona.background || <span className="text-ink-3">none</span>}</Entry>
        <Entry name="Traits">
          <Words words={persona.traits} />
        </Entry>
        <Entry name="Specializations">
          <Words words={persona.specializations} />
        </Entry>
        <Entry name="Languages">
          <Words words={persona.languages} />
        </Entry>
        <Entry name="Communication style">{persona.communicationStyle}</Entry>
        <Entry name="Instructions">{persona.instructions || <span className="text-ink-3">none</span>}</Entry>
      </dl>
    </Dialog>
  );
}

interface OpenPersonaProps {
  readonly id: string;
  /** `copy`: a new one is made from it. */
  readonly as: 'itself' | 'copy';
  readonly onClose: () => void;
}

export function OpenPersona({ id, as, onClose }: OpenPersonaProps) {
  const mayChange = useMay()('agents.write');
  const { data: persona, error, refetch } = useRead(readPersonaRoute, { params: { id } });
  if (persona === undefined) {
    return (
      <Dialog open wide onClose={onClose} title="Persona" footer={<Button onClick={onClose}>Close</Button>}>
        {error ? <ErrorBox error={error} onRetry={() => void refetch()} /> : <SkeletonRows />}
      </Dialog>
    );
  }
  if (!mayChange) return <ShownPersona persona={persona} onClose={onClose} />;
  if (as === 'copy') return <PersonaDialog copyOf={persona} onClose={onClose} />;
  if (persona.builtIn) return <ShownPersona persona={persona} onClose={onClose} />;
  return <PersonaDialog persona={persona} onClose={onClose} />;
}
