// A filter: shows what it is set to, and is set from a menu.
import { ListFilter, X } from 'lucide-react';
import { classes } from './classes.ts';
import { Menu, MenuItem } from './menu.tsx';
import type { Option } from './select.tsx';

interface FilterChipProps {
  readonly name: string;
  readonly value: string | null;
  readonly options: readonly Option[];
  readonly onChange: (value: string | null) => void;
}

export function FilterChip({ name, value, options, onChange }: FilterChipProps) {
  const chosen = options.find((option) => option.value === value);
  return (
    <span
      className={classes(
        'inline-flex h-7 items-stretch overflow-hidden rounded-md border text-sm',
        value ? 'border-transparent bg-chosen text-ink' : 'border-line bg-surface text-ink-2',
      )}
    >
      <Menu
        align="start"
        trigger={
          <button type="button" className="inline-flex items-center gap-1.5 rounded-md px-2 hover:bg-hover">
            <ListFilter size={12} aria-hidden />
            {value ? (
              <span>
                {name}: <b className="font-medium">{chosen?.label ?? value}</b>
              </span>
            ) : (
              name
            )}
          </button>
        }
      >
        {options.map((option) => (
          <MenuItem key={option.value} chosen={option.value === value} onSelect={() => onChange(option.value)}>
            {option.label}
          </MenuItem>
        ))}
      </Menu>
      {value && (
        <button
          type="button"
          aria-label={`Remove filter ${name}`}
          className="px-1.5 hover:bg-hover"
          onClick={() => onChange(null)}
        >
          <X size={12} aria-hidden />
        </button>
      )}
    </span>
  );
}
