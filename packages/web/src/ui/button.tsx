// Buttons: one look for each weight of action. An icon button always has a name, shown as its tooltip.
import type { LucideIcon } from 'lucide-react';
import { LoaderCircle } from 'lucide-react';
import { type ButtonHTMLAttributes, type MouseEvent, type ReactNode, useEffect, useState } from 'react';
import { Link } from 'react-router';
import { classes } from './classes.ts';
import { Hint } from './hint.tsx';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

const looks: Record<Look, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover border-transparent',
  plain: 'bg-raised text-ink border-line hover:bg-hover',
  quiet: 'bg-transparent text-ink-2 border-transparent hover:bg-hover hover:text-ink',
  danger: 'bg-raised text-bad border-line hover:bg-bad-soft',
};

const shape =
  'inline-flex h-8 shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md border px-2.5 text-sm font-medium transition-colors duration-100 disabled:opacity-55';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: Look;
  readonly icon?: LucideIcon;
  readonly busy?: boolean;
  readonly children: ReactNode;
}

/** True once it has been so for 300 ms: what is done sooner needs no sign of waiting. */
function useLate(isBusy: boolean): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = isBusy ? setTimeout(() => setLate(true), 300) : undefined;
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [isBusy]);
  return isBusy && isLate;
}

/** While it is busy it does nothing, not even for its form, and keeps the focus, which a disabled one would lose. */
export function Button({ look = 'plain', icon: Icon, busy, children, className, onClick, ...rest }: ButtonProps) {
  const isLong = useLate(busy === true);
  const Shown = isLong ? LoaderCircle : Icon;
  const press = (event: MouseEvent<HTMLButtonElement>): void => {
    if (busy) event.preventDefault();
    else onClick?.(event);
  };
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={busy || undefined}
      onClick={press}
      className={classes(shape, looks[look], isLong && 'cursor-not-allowed opacity-55', className)}
    >
      {Shown && <Shown size={14} aria-hidden className={isLong ? 'animate-spin' : undefined} />}
      {children}
    </button>
  );
}

interface LinkButtonProps {
  readonly to: string;
  readonly look?: Look;
  readonly icon?: LucideIcon;
  readonly children: ReactNode;
}

export function LinkButton({ to, look = 'plain', icon: Icon, children }: LinkButtonProps) {
  return (
    <Link to={to} className={classes(shape, looks[look])}>
      {Icon && <Icon size={14} aria-hidden />}
      {children}
    </Link>
  );
}

interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children'> {
  readonly icon: LucideIcon;
  readonly name: string;
  readonly look?: Look;
  readonly side?: 'top' | 'right' | 'bottom' | 'left';
  readonly size?: 'small' | 'normal';
}

export function IconButton({
  icon: Icon,
  name,
  look = 'quiet',
  side,
  size = 'normal',
  className,
  ...rest
}: IconButtonProps) {
  return (
    <Hint text={name} side={side}>
      <button
        type="button"
        {...rest}
        aria-label={name}
        className={classes(
          'inline-flex shrink-0 items-center justify-center rounded-md border transition-colors duration-100 disabled:opacity-45',
          size === 'small' ? 'size-6' : 'size-8',
          looks[look],
          className,
        )}
      >
        <Icon size={size === 'small' ? 14 : 16} aria-hidden />
      </button>
    </Hint>
  );
}
