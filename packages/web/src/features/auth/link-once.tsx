// A one-time link, shown once: to be copied and handed over by the person who made it.
import type { OneTimeLink } from '@gathering/contract/auth-users';
import { useId } from 'react';
import { formatExact } from '../../lib/format.ts';
import { CopyButton } from '../../ui/copy.tsx';
import { Input } from '../../ui/input.tsx';

export function LinkOnce({ link, label }: { readonly link: OneTimeLink; readonly label: string }) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1 rounded-md bg-warn-soft p-3 text-sm">
      <label htmlFor={id} className="font-medium text-ink">
        {label}
      </label>
      <div className="flex items-center gap-1">
        <Input
          id={id}
          readOnly
          value={link.url}
          className="font-mono text-xs"
          onFocus={({ target }) => target.select()}
        />
        <CopyButton text={link.url} name="Copy the link" />
      </div>
      <p className="text-xs text-ink-2">
        It is shown only now, works once and until {formatExact(link.expiresAt)}. Hand it over on a way that only this
        person reads.
      </p>
    </div>
  );
}
