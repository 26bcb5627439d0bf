// Typed access to arguments that were validated before; the fallback is the schema's default, for
// callers that skip the filling in of defaults.
import type { Arguments } from './skill.ts';

export function stringOf(args: Arguments, name: string, fallback: string): string {
  const value = args[name];
  return typeof value === 'string' ? value : fallback;
}

export function optionalString(args: Arguments, name: string): string | null {
  const value = args[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

export function numberOf(args: Arguments, name: string, fallback: number): number {
  const value = args[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
}

export function flagOf(args: Arguments, name: string, fallback: boolean): boolean {
  const value = args[name];
  return typeof value === 'boolean' ? value : fallback;
}
