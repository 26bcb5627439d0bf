// Faults that were found in a definition get their places in the file that it was read from.
import type { Fault } from '@gathering/contract/errors';
import { locateFault } from './file-places.ts';
import { openYaml } from './open-yaml.ts';

/** Those of the run's input stay as they are: the file does not hold it. */
export function locateFaults(text: string, faults: readonly Fault[]): Fault[] {
  const { file } = openYaml(text);
  return faults.map((fault) => (file === null || fault.in === 'input' ? fault : locateFault(file, fault)));
}
