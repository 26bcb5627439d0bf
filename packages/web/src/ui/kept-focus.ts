// Keeps the focus in a group of buttons when the one that had it goes, as "Cancel" does with what it cancelled.
import { type RefObject, useEffect, useRef } from 'react';

/** Of the group. What is left takes the focus after a change of `state`, if it was in the group and is nowhere now. */
export function useKeptFocus(state: string): RefObject<HTMLDivElement | null> {
  const group = useRef<HTMLDivElement>(null);
  const wasInside = useRef(false);
  useEffect(() => {
    const note = (event: FocusEvent): void => {
      wasInside.current = event.target instanceof Node && (group.current?.contains(event.target) ?? false);
    };
    document.addEventListener('focusin', note);
    return () => document.removeEventListener('focusin', note);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the state is what takes buttons away
  useEffect(() => {
    if (!wasInside.current || document.activeElement !== document.body) return;
    group.current?.querySelector<HTMLElement>('button')?.focus({ preventScroll: true });
  }, [state]);
  return group;
}
