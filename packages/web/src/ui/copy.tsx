// Text that copies itself: ids shortened, the whole one goes to the clipboard.
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { shortId } from '../lib/format.ts';
import { IconButton } from './button.tsx';
import { Hint } from './hint.tsx';
import { tell } from './toast.tsx';

/** Where the page came over plain HTTP from another machine the browser has no clipboard: then as in the days before it. */
async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const before = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'sr-only';
  // Beside what was pressed: a dialog lets no focus out.
  (before?.parentElement ?? document.body).append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return isCopied;
}

function useCopied(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false);
  const copy = (text: string): void => {
    void copyText(text).then((isCopied) => {
      if (!isCopied) {
        tell('The browser did not let it be copied: select the text and copy it by hand');
        return;
      }
      setCopied(true);
      setTimeout(() => setCopied(false), 1200);
    });
  };
  return [copied, copy];
}

export function CopyText({
  text,
  what,
  whole,
}: {
  readonly text: string;
  readonly what: string;
  readonly whole?: boolean;
}) {
  const [copied, copy] = useCopied();
  const shown = whole ? text : shortId(text);
  return (
    <Hint text={copied ? 'Copied' : `Copy ${what}: ${text}`}>
      <button
        type="button"
        onClick={() => copy(text)}
        aria-label={`Copy ${what} ${shown}`}
        className="inline-flex max-w-full items-center gap-1 rounded-sm px-1 font-mono text-xs text-ink-2 hover:bg-hover hover:text-ink"
      >
        <span className="truncate">{shown}</span>
        {copied ? (
          <Check size={11} aria-hidden className="shrink-0" />
        ) : (
          <Copy size={11} aria-hidden className="shrink-0" />
        )}
      </button>
    </Hint>
  );
}

export function CopyButton({ text, name }: { readonly text: string; readonly name: string }) {
  const [copied, copy] = useCopied();
  return (
    <IconButton icon={copied ? Check : Copy} name={copied ? 'Copied' : name} size="small" onClick={() => copy(text)} />
  );
}
