// Faults that were found in a definition get their places in the file that it was read from.
import type { Fault } from '@gathering/contract/errors';
import { locateFault } from './file-places.ts';
import { openYaml } from './open-yaml.ts';

/** Those of the run's input stay as they are: the file does not hold it. */
export function locateFaults(text: string, faults: readonly Fault[]): Fault[] {
  const { file } = openYaml(text);
  return sortFaults(faults.map((fault) => (file === null || fault.in === 'input' ? fault : locateFault(file, fault))));
}

/** In the order of the file; what has no place in it comes first. */
export function sortFaults(faults: readonly Fault[]): Fault[] {
  return faults.toSorted(
    (one, other) => (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0),
  );
}
