// Tabs over one panel. The chosen one belongs to the caller, who keeps it in the address.
import { Tabs as Base } from 'radix-ui';
import type { ReactNode } from 'react';

interface TabsProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly label: string;
  readonly items: ReadonlyArray<{ readonly value: string; readonly label: ReactNode; readonly content: ReactNode }>;
}

export function Tabs({ value, onChange, label, items }: TabsProps) {
  return (
    <Base.Root value={value} onValueChange={onChange} className="flex min-h-0 flex-1 flex-col">
      <Base.List aria-label={label} className="flex shrink-0 gap-1 border-b border-line px-2">
        {items.map((item) => (
          <Base.Trigger
            key={item.value}
            value={item.value}
            className="-mb-px inline-flex h-9 items-center gap-1.5 border-b-2 border-transparent px-2 text-sm text-ink-2 hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
          >
            {item.label}
          </Base.Trigger>
        ))}
      </Base.List>
      {items.map((item) => (
        <Base.Content key={item.value} value={item.value} className="min-h-0 flex-1 overflow-y-auto">
          {item.content}
        </Base.Content>
      ))}
    </Base.Root>
  );
}
