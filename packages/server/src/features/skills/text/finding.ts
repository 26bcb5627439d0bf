// What a detector is: it looks at one file, or at the whole project, and states facts that are true of a
// line. A detector that is not sure keeps silent: a false finding costs more than a missed one.
import type { ProjectListing } from '../project-files.ts';
import type { SourceFile } from '../read-source.ts';

export interface Finding {
  readonly kind: string;
  readonly path: string;
  /** Counted from 1; null for what has no line, such as a file that is missing. */
  readonly line: number | null;
  /** A true statement about this line. */
  readonly message: string;
  /** The line itself, secrets masked, when that helps. */
  readonly quote?: string;
  /** More urgent first; 0 is ordinary. */
  readonly weight?: number;
  /** Mostly no fault, such as a made-up key in a test: where all problems are told at once it is only counted. */
  readonly aside?: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface DetectOptions {
  readonly now: Date;
  readonly minLines: number;
  readonly minLength: number;
  readonly minBytes: number;
  /** For binary files, which cannot be compared and stay in the history for ever. */
  readonly minBinaryBytes: number;
}

export interface Project {
  readonly listing: ProjectListing;
  /** All text files of the project. */
  readonly sources: readonly SourceFile[];
  /** Reads a file's bytes; null when it is gone or unreadable. */
  readBytes(path: string): Promise<Buffer | null>;
}

export interface Detector {
  readonly kind: string;
  /** The heading over its findings. */
  readonly title: string;
  /** Looks at one text file. */
  readonly inFile?: (source: SourceFile, options: DetectOptions) => Finding[];
  /** Looks at the project as a whole; findings outside of the asked scope are dropped by the caller. */
  readonly inProject?: (project: Project, options: DetectOptions) => Finding[] | Promise<Finding[]>;
}

/** Lines longer than this are data or minified; patterns look at their beginning only. */
const MAX_SCANNED = 2000;

export function scanLines(
  lines: readonly string[],
  pattern: RegExp,
): { readonly line: number; readonly match: RegExpExecArray }[] {
  const found: { line: number; match: RegExpExecArray }[] = [];
  for (const [index, line] of lines.entries()) {
    const match = pattern.exec(line.length > MAX_SCANNED ? line.slice(0, MAX_SCANNED) : line);
    if (match !== null) found.push({ line: index + 1, match });
  }
  return found;
}
