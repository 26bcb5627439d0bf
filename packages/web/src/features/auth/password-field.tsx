// A field for a new password with the rules below it, each ticked as it is kept while the person types. What the server
// alone knows, the list of common passwords, it says when the form is sent.
import { findPasswordFaults, type PasswordRule, type PasswordSurroundings } from '@gathering/contract/auth-passwords';
import { Check, Circle } from 'lucide-react';
import { useId } from 'react';
import { classes } from '../../ui/classes.ts';
import { Field, Input } from '../../ui/input.tsx';

interface ShownRule {
  readonly text: string;
  readonly rules: readonly PasswordRule[];
}

const shown: readonly ShownRule[] = [
  { text: '12 to 256 characters', rules: ['too-short', 'too-long'] },
  { text: 'No repetition, no row of keys or digits', rules: ['repeated', 'sequence'] },
  { text: 'More than your e-mail name or “GatheRing”', rules: ['personal', 'product'] },
];

interface PasswordFieldProps {
  readonly label: string;
  readonly value: string;
  readonly fault: string | undefined;
  readonly surroundings?: PasswordSurroundings;
  readonly autoFocus?: boolean;
  readonly onBlur: () => void;
  readonly onChange: (value: string) => void;
}

export function PasswordField({ label, value, fault, surroundings, autoFocus, onBlur, onChange }: PasswordFieldProps) {
  const rulesId = useId();
  const broken = new Set(findPasswordFaults(value, surroundings).map(({ rule }) => rule));
  return (
    <div className="flex flex-col gap-1.5">
      <Field label={label} fault={fault}>
        {(binding) => (
          <Input
            {...binding}
            aria-describedby={[binding['aria-describedby'], rulesId].filter(Boolean).join(' ')}
            type="password"
            autoComplete="new-password"
            autoFocus={autoFocus}
            value={value}
            onBlur={onBlur}
            onChange={(change) => onChange(change.target.value)}
          />
        )}
      </Field>
      <ul id={rulesId} aria-label="What it needs" className="flex flex-col gap-0.5 text-xs">
        {shown.map(({ text, rules }) => {
          const isKept = value !== '' && rules.every((rule) => !broken.has(rule));
          const Icon = isKept ? Check : Circle;
          return (
            <li key={text} className={classes('flex items-center gap-1.5', isKept ? 'text-good' : 'text-ink-3')}>
              <Icon size={11} aria-hidden className="shrink-0" />
              {text}
              <span className="sr-only">{isKept ? ', kept' : ', not yet'}</span>
            </li>
          );
        })}
        <li className="flex items-center gap-1.5 text-ink-3">
          <Circle size={11} aria-hidden className="shrink-0" />
          Not one of the common passwords, which the server checks
        </li>
      </ul>
    </div>
  );
}
