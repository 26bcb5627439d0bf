// Faults of the chosen node, beside the fields of its form. Pure.
import type { Fault } from '@gathering/contract/errors';
import { nameOfPointer, plainFault } from '../../lib/use-form.ts';

/** Beside its field a fault need not say where it is. */
function withoutPlace(message: string): string {
  const rest = message.replace(/^Node "[^"]*"( \([^)]*\))?(, setting "[^"]*")?:? ?/, '');
  return plainFault(rest.charAt(0).toUpperCase() + rest.slice(1));
}

/** By the path of the field: of its settings as `config.` leads to them, of what else it says by its own name. The first counts. */
export function faultsByPath(faults: readonly Fault[], part: 'config' | 'policy'): ReadonlyMap<string, string> {
  const pattern =
    part === 'config' ? /^\/nodes\/\d+\/config(\/.*)?$/ : /^\/nodes\/\d+(\/(?:retry|timeoutSeconds|onError)\b.*)$/;
  const found = new Map<string, string>();
  for (const { at, message } of faults) {
    const match = pattern.exec(at);
    if (!match) continue;
    const path = nameOfPointer(match[1] ?? '');
    if (!found.has(path)) found.set(path, withoutPlace(message));
  }
  return found;
}
