// A form over a schema of the contract: the same rules as the server's, faults beside their fields once touched, the
// focus on the first fault at sending, and the server's own faults put on the fields that they name.
import { ApiError } from '@gathering/contract/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import type * as z from 'zod';
import { readStored, writeStored } from './stored.ts';

export type Faults = Readonly<Record<string, string>>;

/** `/limits/maxSteps` -> `limits.maxSteps`, the names that fields go by. */
export function nameOfPointer(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
}

/** The library's sentences in words for people. */
export function plainFault(message: string): string {
  return message
    .replace(/^Too small: expected string to have >=1 characters/, 'This is needed')
    .replace(/^Invalid input: expected \w+, received undefined/, 'This is needed')
    .replace(/^Too small: expected string to have >=(\d+) characters/, 'At least $1 characters')
    .replace(/^Too big: expected string to have <=(\d+) characters/, 'At most $1 characters')
    .replace(/^Too small: expected number to be >=(\S+)/, 'At least $1')
    .replace(/^Too big: expected number to be <=(\S+)/, 'At most $1')
    .replace(/^Invalid email address/, 'This is no e-mail address')
    .replace(/^Invalid URL/, 'This is no address of the web')
    .replace(/\.?$/, '.');
}

export function faultsOfIssues(issues: readonly z.core.$ZodIssue[]): Faults {
  const faults: Record<string, string> = {};
  for (const issue of issues) {
    const name = issue.path.map(String).join('.');
    faults[name] ??= plainFault(issue.message);
  }
  return faults;
}

/** The faults that the server found in the body, by field. */
export function faultsOfError(error: unknown): Faults {
  if (!(error instanceof ApiError)) return {};
  const found = (error.problem?.faults ?? []).filter(
    (fault) => fault.in === undefined || fault.in === 'body' || fault.in === 'input',
  );
  return Object.fromEntries(found.map((fault) => [nameOfPointer(fault.at), fault.message]));
}

interface Draft<V> {
  /** Where this tab keeps what was typed until the form is closed, so that a reload loses nothing. */
  readonly key: string;
  /** What is typed here is never kept. */
  readonly secrets?: readonly (keyof V)[];
}

function useDraft<V extends object>(first: V, draft: Draft<V> | undefined): [V, (change: (before: V) => V) => void] {
  const key = draft && `form.${draft.key}`;
  const [value, setValue] = useState<V>(() => {
    const stored = key === undefined ? undefined : readStored(sessionStorage, key);
    return stored !== null && typeof stored === 'object' ? { ...first, ...stored } : first;
  });
  const began = useRef(value);
  const secrets = useRef(draft?.secrets ?? []);
  useEffect(() => {
    if (key === undefined || value === began.current) return;
    const kept = Object.entries(value).filter(([name]) => !secrets.current.some((secret) => secret === name));
    writeStored(sessionStorage, key, Object.fromEntries(kept));
  }, [key, value]);
  // A reload ends no effect; closing the form does.
  useEffect(() => () => void (key !== undefined && writeStored(sessionStorage, key, undefined)), [key]);
  return [value, setValue];
}

export function useForm<S extends z.ZodType, V extends object>(schema: S, first: V, draft?: Draft<V>) {
  const [value, setValue] = useDraft(first, draft);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [isSent, setIsSent] = useState(false);
  const [refused, setRefused] = useState<Faults>({});
  const form = useRef<HTMLDivElement>(null);

  const parsed = schema.safeParse(value);
  const local = parsed.success ? {} : faultsOfIssues(parsed.error.issues);
  const isEmpty = (name: string): boolean => value[name as keyof V] === '';
  /** A field that was only passed through says nothing yet: what is missing shows at sending. */
  const faultOf = (name: string): string | undefined => {
    if (refused[name] !== undefined) return refused[name];
    if (local[name] === undefined || !(isSent || (touched.has(name) && !isEmpty(name)))) return undefined;
    return isEmpty(name) ? 'This is needed.' : local[name];
  };

  const change = useCallback(
    (part: Partial<V>) => {
      setValue((before) => ({ ...before, ...part }));
      setRefused((before) =>
        Object.fromEntries(Object.entries(before).filter(([name]) => !((name.split('.')[0] as string) in part))),
      );
    },
    [setValue],
  );
  const touch = useCallback(
    (name: string) => setTouched((before) => (before.has(name) ? before : new Set(before).add(name))),
    [],
  );

  const focusFirstFault = (): void => {
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  /** To a field whose content was refused as a whole: what stands in it is chosen, to be written over. */
  const focusAgain = (selector: string): void => {
    requestAnimationFrame(() => {
      const field = form.current?.querySelector<HTMLInputElement>(selector);
      field?.focus();
      field?.select();
    });
  };
  /** Hands on the valid value, or shows what is wrong. */
  const send = (onValid: (body: z.output<S>) => void): void => {
    // What is emptied or asked for after a valid sending is no fault before the next one.
    setIsSent(!parsed.success);
    if (parsed.success) onValid(parsed.data);
    else focusFirstFault();
  };
  const refuse = (error: unknown): void => {
    setRefused(faultsOfError(error));
    focusFirstFault();
  };
  const reset = (next: V): void => {
    setValue(() => next);
    setTouched(new Set());
    setIsSent(false);
    setRefused({});
  };
  return { value, change, touch, faultOf, send, refuse, reset, focusAgain, form, isValid: parsed.success };
}
