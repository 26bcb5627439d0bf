// A text with expressions in it, and a menu of what it can refer to, put in at the caret.
import { Braces } from 'lucide-react';
import { useRef } from 'react';
import { Button } from '../../ui/button.tsx';
import { type FieldBinding, TextArea } from '../../ui/input.tsx';
import { Menu, MenuItem, MenuLabel } from '../../ui/menu.tsx';
import type { Reference } from './list-references.ts';

interface TemplateFieldProps {
  readonly binding: FieldBinding;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly references: readonly Reference[];
  /** The whole text is an expression, so what is put in needs no braces. */
  readonly isExpression?: boolean;
  readonly rows?: number;
}

export function TemplateField({ binding, value, onChange, references, isExpression, rows = 4 }: TemplateFieldProps) {
  const field = useRef<HTMLTextAreaElement | null>(null);
  const insert = (expression: string): void => {
    const text = isExpression ? expression : `{{ ${expression} }}`;
    const at = field.current?.selectionStart ?? value.length;
    const end = field.current?.selectionEnd ?? at;
    onChange(value.slice(0, at) + text + value.slice(end));
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(at + text.length, at + text.length);
    });
  };
  return (
    <div className="flex flex-col gap-1">
      <TextArea
        {...binding}
        ref={field}
        rows={rows}
        spellCheck={!isExpression}
        className={isExpression ? 'font-mono text-xs' : undefined}
        value={value}
        onChange={(change) => onChange(change.target.value)}
      />
      <Menu
        align="start"
        trigger={
          <Button look="quiet" icon={Braces} className="!h-6 self-start !px-1.5 !text-xs">
            Insert a value
          </Button>
        }
      >
        <MenuLabel>What this node can refer to</MenuLabel>
        {references.map((reference) => (
          <MenuItem key={reference.expression} onSelect={() => insert(reference.expression)}>
            {reference.label} <code className="ml-2 font-mono text-xs text-ink-3">{reference.expression}</code>
          </MenuItem>
        ))}
      </Menu>
    </div>
  );
}
