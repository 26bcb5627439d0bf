// Text fields and the frame of any field: label, hint, and the fault beside it, tied together for screen readers.
import { type ComponentProps, type InputHTMLAttributes, type ReactNode, useId } from 'react';
import { classes } from './classes.ts';
import { Sentence } from './sentence.tsx';

export const fieldShape =
  'w-full rounded-md border border-line bg-surface px-2.5 text-sm text-ink transition-colors duration-100 hover:border-line-strong aria-invalid:border-bad disabled:opacity-60';

export interface FieldBinding {
  readonly id: string;
  readonly 'aria-invalid': true | undefined;
  readonly 'aria-describedby': string | undefined;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly fault?: string;
  readonly optional?: boolean;
  readonly children: (binding: FieldBinding) => ReactNode;
}

export function Field({ label, hint, fault, optional, children }: FieldProps) {
  const id = useId();
  const described = fault || hint ? `${id}-more` : undefined;
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="flex items-baseline justify-between text-sm font-medium text-ink">
        {label}
        {optional && <span className="text-xs font-normal text-ink-3">optional</span>}
      </label>
      {children({ id, 'aria-invalid': fault ? true : undefined, 'aria-describedby': described })}
      {(fault || hint) && (
        <p
          id={described}
          role={fault ? 'alert' : undefined}
          className={classes('text-xs', fault ? 'text-bad' : 'text-ink-3')}
        >
          {typeof hint === 'string' || fault ? <Sentence text={fault ?? String(hint)} /> : hint}
        </p>
      )}
    </div>
  );
}

export function Input({ className, ...rest }: InputHTMLAttributes<HTMLInputElement>) {
  return <input {...rest} className={classes(fieldShape, 'h-8', className)} />;
}

export function TextArea({ className, rows = 3, ...rest }: ComponentProps<'textarea'>) {
  return <textarea rows={rows} {...rest} className={classes(fieldShape, 'resize-y py-1.5 leading-5', className)} />;
}
