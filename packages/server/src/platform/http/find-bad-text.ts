// Text that no PostgreSQL column can hold: NUL characters and halves of surrogate pairs, in values and in keys.
// Refused at the door, so that no feature has to meet it as a failed statement.
import type { Fault } from '@gathering/contract/errors';
import { joinPointer } from './json-pointer.ts';

const mostFaults = 20;

export function findBadText(value: unknown): Omit<Fault, 'in'>[] {
  const faults: Omit<Fault, 'in'>[] = [];
  const open: { value: unknown; path: readonly (string | number)[] }[] = [{ value, path: [] }];
  for (let item = open.pop(); item !== undefined && faults.length < mostFaults; item = open.pop()) {
    if (typeof item.value === 'string') {
      if (isBad(item.value)) faults.push(describe(item.path, 'The text'));
    } else if (typeof item.value === 'object' && item.value !== null) {
      for (const [key, child] of Object.entries(item.value)) {
        if (isBad(key)) faults.push(describe(item.path, 'The name of a field'));
        else open.push({ value: child, path: [...item.path, key] });
      }
    }
  }
  return faults;
}

function isBad(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}

function describe(path: readonly (string | number)[], what: string): Omit<Fault, 'in'> {
  return {
    at: joinPointer(path),
    rule: 'text',
    message: `${what} holds a NUL character or half of a surrogate pair, which cannot be stored.`,
  };
}
