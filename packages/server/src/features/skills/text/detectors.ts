// The list of all detectors, by the value of `what` that asks for them.
import { dangerousCallsDetector, debugLeftoversDetector, skippedTestsDetector } from './detect/code-patterns.ts';
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

/** In the order in which `problems` reports them: what is most urgent first. */
const PROBLEMS: readonly Detector[] = [
  secretsDetector,
  sensitiveFilesDetector,
  conflictMarkersDetector,
  dangerousCallsDetector,
  todosDetector,
  functionsDetector,
  unreferencedFilesDetector,
  largeFilesDetector,
  duplicatesDetector,
  brokenLinksDetector,
  brokenSymlinksDetector,
  emptyCatchesDetector,
  skippedTestsDetector,
  debugLeftoversDetector,
  insecureUrlsDetector,
  missingFilesDetector,
  commentedOutCodeDetector,
  longLinesDetector,
];

const ALL: readonly Detector[] = [...PROBLEMS, linksDetector, datesDetector, importsDetector];

export const PROBLEM_KINDS: readonly string[] = PROBLEMS.map((detector) => detector.kind);

/** Every value of `what` besides `matches`. */
export const KINDS: readonly string[] = [...ALL.map((detector) => detector.kind), 'problems'];

/** The detectors that a value of `what` asks for. `secrets` also looks for files that are secrets as wholes. */
export function detectorsFor(what: string): readonly Detector[] {
  if (what === 'problems') return PROBLEMS;
  if (what === 'secrets') return [secretsDetector, sensitiveFilesDetector];
  return ALL.filter((detector) => detector.kind === what);
}
