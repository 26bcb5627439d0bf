// A value written as JSON. What does not parse stays in the field with its fault and is not handed on.
import { useEffect, useRef, useState } from 'react';
import type { FieldBinding } from './input.tsx';
import { TextArea } from './input.tsx';

interface JsonFieldProps {
  readonly binding: FieldBinding;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly rows?: number;
  readonly placeholder?: string;
}

const write = (value: unknown): string => (value === undefined || value === null ? '' : JSON.stringify(value, null, 2));

/**
 * Whether what stands in such a field inside of `form` cannot be read as JSON: it has the focus then, and nothing may be sent,
 * for the value that was handed on is an older one.
 */
export function focusUnread(form: HTMLElement | null): boolean {
  const field = form?.querySelector<HTMLElement>('[data-unread]');
  field?.focus();
  return Boolean(field);
}

export function JsonField({ binding, value, onChange, rows = 5, placeholder = '{ }' }: JsonFieldProps) {
  const [text, setText] = useState(() => write(value));
  const [fault, setFault] = useState<string | null>(null);
  const handed = useRef(value);
  useEffect(() => {
    // Undo and other places change the value too; what was typed here comes back as it was handed on.
    if (JSON.stringify(value) === JSON.stringify(handed.current)) return;
    handed.current = value;
    setText(write(value));
    setFault(null);
  }, [value]);
  const type = (next: string): void => {
    setText(next);
    if (next.trim() === '') {
      setFault(null);
      handed.current = undefined;
      onChange(undefined);
      return;
    }
    try {
      const parsed: unknown = JSON.parse(next);
      setFault(null);
      handed.current = parsed;
      onChange(parsed);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      setFault(error.message);
    }
  };
  return (
    <>
      <TextArea
        {...binding}
        data-unread={fault === null ? undefined : ''}
        aria-invalid={fault !== null || binding['aria-invalid'] ? true : undefined}
        rows={rows}
        spellCheck={false}
        placeholder={placeholder}
        className="font-mono text-xs"
        value={text}
        onChange={(change) => type(change.target.value)}
      />
      {fault && (
        <p role="alert" className="text-xs text-bad">
          Not yet JSON: {fault}
        </p>
      )}
    </>
  );
}
