// One of several. The browser's own list: it knows every keyboard, every reader and every small screen.
import { ChevronsUpDown } from 'lucide-react';
import type { SelectHTMLAttributes } from 'react';
import { classes } from './classes.ts';
import { fieldShape } from './input.tsx';

export interface Option {
  readonly value: string;
  readonly label: string;
  readonly group?: string;
}

interface SelectProps extends Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange' | 'value'> {
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
}

export function Select({ value, options, onChange, placeholder, className, ...rest }: SelectProps) {
  const groups = [...new Set(options.map((option) => option.group))];
  const isKnown = options.some((option) => option.value === value);
  return (
    <span className={classes('relative inline-flex w-full', className)}>
      <select
        {...rest}
        value={value}
        onChange={(change) => onChange(change.target.value)}
        className={classes(fieldShape, 'h-8 appearance-none truncate pr-7')}
      >
        {!isKnown && <option value={value}>{value || (placeholder ?? 'Choose…')}</option>}
        {groups.map((group) => {
          const items = options
            .filter((option) => option.group === group)
            .map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ));
          return group === undefined ? (
            items
          ) : (
            <optgroup key={group} label={group}>
              {items}
            </optgroup>
          );
        })}
      </select>
      <ChevronsUpDown
        size={14}
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2 -translate-y-1/2 text-ink-3"
      />
    </span>
  );
}
