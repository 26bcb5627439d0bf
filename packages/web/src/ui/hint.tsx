// A tooltip: the name of an icon, or the exact value behind a short one. Never the only place of anything needed.
import { Tooltip } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';

interface HintProps {
  readonly text: ReactNode;
  readonly side?: 'top' | 'right' | 'bottom' | 'left';
  readonly children: ReactElement;
}

export function Hint({ text, side = 'bottom', children }: HintProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="fade-in z-50 max-w-80 rounded-md border border-line bg-raised px-2 py-1 text-xs text-ink shadow-float"
        >
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
