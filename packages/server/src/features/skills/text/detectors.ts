// The list of all detectors, by the value of `what` that asks for them.
import { dangerousCallsDetector, debugLeftoversDetector, skippedTestsDetector } from './detect/code-patterns.ts';
import { generatedFilesDetector, leftoverFilesDetector } from './detect/committed-files.ts';
import { emptyCatchesDetector } from './detect/empty-catches.ts';
import { functionsDetector } from './detect/functions.ts';
import { importsDetector } from './detect/imports.ts';
import {
  commentedOutCodeDetector,
  conflictMarkersDetector,
  datesDetector,
  longLinesDetector,
} from './detect/line-patterns.ts';
import { brokenLinksDetector, insecureUrlsDetector, linksDetector } from './detect/links.ts';
import {
  brokenSymlinksDetector,
  duplicatesDetector,
  largeFilesDetector,
  missingFilesDetector,
} from './detect/project-files.ts';
import { secretsDetector, sensitiveFilesDetector } from './detect/secrets.ts';
import { todosDetector } from './detect/todos.ts';
import { unreferencedFilesDetector } from './detect/unreferenced-files.ts';
import type { Detector } from './finding.ts';

// Each in the order in which it is reported: what is most urgent first.
const CODE_PROBLEMS: readonly Detector[] = [
  secretsDetector,
  sensitiveFilesDetector,
  conflictMarkersDetector,
  dangerousCallsDetector,
  todosDetector,
  functionsDetector,
  emptyCatchesDetector,
  skippedTestsDetector,
  debugLeftoversDetector,
  insecureUrlsDetector,
  brokenLinksDetector,
  commentedOutCodeDetector,
  longLinesDetector,
];

const FILE_PROBLEMS: readonly Detector[] = [
  generatedFilesDetector,
  largeFilesDetector,
  unreferencedFilesDetector,
  duplicatesDetector,
  brokenSymlinksDetector,
  leftoverFilesDetector,
  missingFilesDetector,
];

const GROUPS: ReadonlyMap<string, readonly Detector[]> = new Map([
  ['problems', [...CODE_PROBLEMS, ...FILE_PROBLEMS]],
  ['code-problems', CODE_PROBLEMS],
  ['file-problems', FILE_PROBLEMS],
]);

const SINGLE: readonly Detector[] = [...CODE_PROBLEMS, ...FILE_PROBLEMS, linksDetector, datesDetector, importsDetector];

/** Every value of `what` besides `matches`. */
export const KINDS: readonly string[] = [...GROUPS.keys(), ...SINGLE.map((detector) => detector.kind)];

/** Whether a value of `what` asks for several kinds at once. */
export function isGroup(what: string): boolean {
  return GROUPS.has(what);
}

/** The detectors that a value of `what` asks for. `secrets` also looks for files that are secrets as wholes. */
export function detectorsFor(what: string): readonly Detector[] {
  const group = GROUPS.get(what);
  if (group !== undefined) return group;
  if (what === 'secrets') return [secretsDetector, sensitiveFilesDetector];
  return SINGLE.filter((detector) => detector.kind === what);
}
