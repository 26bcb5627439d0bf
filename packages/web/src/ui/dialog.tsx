// Dialogs and side panels. Focus stays inside while open and returns to where it came from.
import { X } from 'lucide-react';
import { Dialog as Base } from 'radix-ui';
import { type FormEvent, type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import { Button, IconButton } from './button.tsx';
import { classes } from './classes.ts';
import { Input } from './input.tsx';
import { focusUnread } from './json-field.tsx';
import { findOpener, focusOpener } from './opener.ts';

interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly children?: ReactNode;
  readonly footer?: ReactNode;
  readonly wide?: boolean;
  /** What it shows is shown this once: only its own buttons close it, no slip of hand does. */
  readonly lasting?: boolean;
  /** Given: the whole is a form, and this runs when it is sent. */
  readonly onSubmit?: () => void;
}

/** The first field takes the focus, not the button that closes. */
function focusFirstField(event: Event): void {
  const content = event.currentTarget;
  const field =
    content instanceof HTMLElement
      ? content.querySelector<HTMLElement>('[autofocus], input, select, textarea, footer button')
      : null;
  if (!field) return;
  event.preventDefault();
  field.focus();
}

export function Dialog({ open, onClose, title, description, children, footer, wide, lasting, onSubmit }: DialogProps) {
  const opener = useRef<ReturnType<typeof findOpener>>([]);
  // With the picture that shows it: the library takes a new handler only afterwards, and a key may come before.
  const isLasting = useRef(lasting);
  useLayoutEffect(() => {
    isLasting.current = lasting;
  });
  const keepLasting = (event: Event): void => {
    if (isLasting.current) event.preventDefault();
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    event.stopPropagation();
    if (!focusUnread(event.currentTarget)) onSubmit?.();
  };
  const body = (
    <>
      <header className="flex items-start justify-between gap-4 px-4 pt-3">
        <div className="flex flex-col gap-0.5">
          <Base.Title className="text-base font-semibold">{title}</Base.Title>
          {description && <Base.Description className="text-sm text-ink-2">{description}</Base.Description>}
        </div>
        <IconButton icon={X} name="Close" size="small" onClick={onClose} />
      </header>
      {children && <div className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 py-3">{children}</div>}
      {footer && <footer className="mt-1 flex justify-end gap-2 border-t border-line px-4 py-3">{footer}</footer>}
    </>
  );
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Overlay className="fade-in fixed inset-0 z-40 bg-[rgb(10_10_20/45%)]" />
        <Base.Content
          onOpenAutoFocus={(event) => {
            opener.current = findOpener();
            focusFirstField(event);
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            focusOpener(opener.current);
          }}
          onEscapeKeyDown={keepLasting}
          onInteractOutside={keepLasting}
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={classes(
            'fade-in fixed top-[10vh] left-1/2 z-40 flex max-h-[80vh] w-[calc(100vw-2rem)] -translate-x-1/2 flex-col overflow-hidden rounded-lg border border-line bg-raised shadow-float',
            wide ? 'max-w-2xl' : 'max-w-md',
          )}
        >
          {onSubmit ? (
            <form onSubmit={submit} noValidate className="flex min-h-0 flex-col">
              {body}
            </form>
          ) : (
            body
          )}
        </Base.Content>
      </Base.Portal>
    </Base.Root>
  );
}

interface ConfirmProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** Says exactly what goes and what stays. */
  readonly consequence: ReactNode;
  readonly verb: string;
  /** What the other button says; of what takes nothing away `Keep` says little. */
  readonly decline?: string;
  /** Given: the person types this name before the button works. */
  readonly name?: string;
  readonly busy?: boolean;
  readonly fault?: ReactNode;
  readonly onConfirm: () => void;
}

/** Each opening asks anew: what was typed at an earlier one counts no more. */
export function Confirm({ open, ...rest }: ConfirmProps) {
  return open && <OpenConfirm {...rest} />;
}

function OpenConfirm(props: Omit<ConfirmProps, 'open'>) {
  const { onClose, title, consequence, verb, decline = 'Keep', name, busy, fault, onConfirm } = props;
  const [typed, setTyped] = useState('');
  const isAllowed = name === undefined || typed === name;
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      onSubmit={() => isAllowed && onConfirm()}
      footer={
        <>
          <Button onClick={onClose}>{decline}</Button>
          <Button look="danger" type="submit" busy={busy} disabled={!isAllowed}>
            {verb}
          </Button>
        </>
      }
    >
      <div className="text-sm text-ink-2">{consequence}</div>
      {name !== undefined && (
        <label htmlFor="typed-name" className="flex flex-col gap-1 text-sm">
          <span>
            Type <b className="font-mono text-xs">{name}</b> to confirm
          </span>
          <Input
            id="typed-name"
            value={typed}
            onChange={(change) => setTyped(change.target.value)}
            autoComplete="off"
          />
        </label>
      )}
      {fault}
    </Dialog>
  );
}
