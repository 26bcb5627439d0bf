// Keys that work everywhere: the palette, help, and `g` with a letter. Keys typed into a field stay with the field.
import { useEffect, useRef } from 'react';
import { useNavigate } from 'react-router';
import { usePageGroups } from './pages.ts';

export const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) ||
      target.closest('[role="dialog"],[role="menu"]') !== null)
  );
}

/** How long after `g` a letter still goes somewhere. */
const goMs = 1200;

export function useGlobalKeys(openPalette: () => void, openHelp: () => void): void {
  const navigate = useNavigate();
  const groups = useRef<ReturnType<typeof usePageGroups>>([]);
  groups.current = usePageGroups();
  const goingSince = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const plain: Record<string, (event: KeyboardEvent) => void> = {
      g: (event) => {
        goingSince.current = event.timeStamp;
      },
      '?': openHelp,
      '/': openPalette,
      j: () => document.querySelector<HTMLElement>('#page [data-row]')?.focus(),
    };
    const actionOf = (event: KeyboardEvent): ((event: KeyboardEvent) => void) | undefined => {
      const isCommand = event.metaKey || event.ctrlKey;
      if (isCommand && event.key.toLowerCase() === 'k') return openPalette;
      if (isCommand || event.altKey || event.defaultPrevented || isTyping(event.target)) return undefined;
      if (event.timeStamp - goingSince.current >= goMs) return plain[event.key];
      goingSince.current = Number.NEGATIVE_INFINITY;
      const page = groups.current.flatMap(({ pages }) => pages).find((one) => one.letter === event.key);
      return page && (() => void navigate(page.path));
    };
    const press = (event: KeyboardEvent): void => {
      const action = actionOf(event);
      if (!action) return;
      event.preventDefault();
      action(event);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [navigate, openPalette, openHelp]);
}
