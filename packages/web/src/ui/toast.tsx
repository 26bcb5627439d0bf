// Short notes of what just happened, read out by screen readers. Errors that need action stay where they arose instead.
import { Toaster as Base, toast } from 'sonner';
import { useStore } from '../lib/store.ts';
import { theme } from '../lib/theme.ts';
import { wordsOf } from './error-words.ts';

export function Toaster() {
  return (
    <Base
      theme={useStore(theme)}
      position="bottom-right"
      gap={8}
      toastOptions={{
        classNames: {
          toast: '!bg-raised !text-ink !border-line !rounded-lg !shadow-float !font-sans !text-sm',
          description: '!text-ink-2',
        },
      }}
    />
  );
}

export function tell(text: string): void {
  toast(text);
}

/** Something went wrong elsewhere; the action leads there. */
export function tellFailure(text: string, action: { readonly name: string; readonly run: () => void }): void {
  toast.error(text, { duration: 12_000, action: { label: action.name, onClick: action.run } });
}

export function tellError(error: unknown): void {
  const { sentence, mend } = wordsOf(error);
  toast.error(sentence, { description: mend, duration: 8000 });
}
