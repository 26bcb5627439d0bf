// A search over a list: what is typed goes to the address after a short pause, what else changes the address shows here.
import { useEffect, useRef, useState } from 'react';
import { Input } from './input.tsx';

const pauseMs = 250;

interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
  /** Null: nothing is searched for. */
  readonly value: string | null;
  readonly onChange: (next: string | null) => void;
}

export function SearchField({ label, placeholder, value, onChange }: SearchFieldProps) {
  const [typed, setTyped] = useState(value ?? '');
  const known = useRef(value);
  useEffect(() => {
    if (value === known.current) return;
    known.current = value;
    setTyped(value ?? '');
  }, [value]);
  useEffect(() => {
    const next = typed.trim() || null;
    if (next === known.current) return undefined;
    const timer = setTimeout(() => {
      known.current = next;
      onChange(next);
    }, pauseMs);
    return () => clearTimeout(timer);
  }, [typed, onChange]);
  return (
    <Input
      type="search"
      aria-label={label}
      placeholder={placeholder}
      maxLength={100}
      className="!h-7 !w-56"
      value={typed}
      onChange={({ target }) => setTyped(target.value)}
    />
  );
}
