// Runs detectors over a part of a project. Gives way to other work between files and stops on abort. What is
// found holds lines as they are; `maskFinding` hides the secrets of what is shown.
import { setImmediate } from 'node:timers/promises';
import type { ToolContext } from '../../../llm/tool.ts';
import { comparePaths, listProjectFiles, matchGlob, type ProjectListing } from '../project-files.ts';
import { printable, quoteLine } from '../quote.ts';
import { describeSkipped, readListed, readSources, type SourceFile } from '../read-source.ts';
import type { DetectOptions, Detector, Finding, Project } from './finding.ts';
import { maskSecrets } from './secret-patterns.ts';

export interface Scope {
  readonly path: string;
  readonly glob: string | null;
}

export interface Detected {
  readonly findings: readonly Finding[];
  readonly searchedFiles: number;
  readonly notes: readonly string[];
}

export async function detectFindings(
  context: ToolContext,
  scope: Scope,
  detectors: readonly Detector[],
  options: DetectOptions,
): Promise<Detected> {
  const scoped = await listScope(context, scope);
  const isWhole = (scope.path === '.' || scope.path === '') && scope.glob === null;
  const needsProject = detectors.some((detector) => detector.inProject !== undefined);
  const listing = needsProject && !isWhole ? await listProjectFiles(context) : scoped;
  const { sources, skipped } = await readSources(context, listing.root, listing.files);
  const inScope = new Set(scoped.files.map((file) => file.path));
  const inFiles = await detectInFiles(
    context,
    sources.filter((source) => inScope.has(source.path)),
    detectors,
    options,
  );
  const inProject = await detectInProject(context, toProject(listing, sources), detectors, options);
  // What is missing has no file that could lie in a part of the project.
  const wanted = inProject.filter((finding) => inScope.has(finding.path) || (isWhole && finding.line === null));
  return {
    findings: [...inFiles, ...wanted],
    searchedFiles: inScope.size,
    notes: [
      ...describeSkipped(skipped.filter((file) => inScope.has(file.path))),
      ...(listing.cut ? ['The project has too many files; only a part was looked at.'] : []),
    ],
  };
}

async function detectInFiles(
  context: ToolContext,
  sources: readonly SourceFile[],
  detectors: readonly Detector[],
  options: DetectOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const source of sources) {
    context.signal.throwIfAborted();
    for (const detector of detectors) {
      for (const finding of detector.inFile?.(source, options) ?? []) findings.push(finding);
    }
    await setImmediate();
  }
  return findings;
}

async function detectInProject(
  context: ToolContext,
  project: Project,
  detectors: readonly Detector[],
  options: DetectOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const detector of detectors) {
    context.signal.throwIfAborted();
    for (const finding of (await detector.inProject?.(project, options)) ?? []) findings.push(finding);
  }
  return findings;
}

/** The files of a scope: under its path, and of these the ones that its glob matches. */
export async function listScope(context: ToolContext, scope: Scope): Promise<ProjectListing> {
  const listing = await listProjectFiles(context, scope.path);
  if (scope.glob === null) return listing;
  const wanted = matchGlob(scope.glob);
  return { ...listing, files: listing.files.filter((file) => wanted(file.path)) };
}

function toProject(listing: ProjectListing, sources: Project['sources']): Project {
  const byPath = new Map(listing.files.map((file) => [file.path, file]));
  return {
    listing,
    sources,
    async readBytes(path) {
      const file = byPath.get(path);
      return file === undefined ? null : ((await readListed(listing.root, file))?.bytes ?? null);
    },
  };
}

/** To be done to every finding before it is shown: whatever line was quoted, its secrets are hidden. */
export function maskFinding(finding: Finding): Finding {
  const message = maskSecrets(finding.message, false);
  return finding.quote === undefined
    ? { ...finding, message }
    : { ...finding, message, quote: quoteLine(maskSecrets(finding.quote)) };
}

/** What weighs most first, then by place. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) => (b.weight ?? 0) - (a.weight ?? 0) || comparePaths(a.path, b.path) || (a.line ?? 0) - (b.line ?? 0),
  );
}

/** `path:line: statement: quoted line`. */
export function showFinding(finding: Finding): string {
  const place = finding.line === null ? printable(finding.path) : `${printable(finding.path)}:${finding.line}`;
  const quote = finding.quote === undefined || finding.quote === '' ? '' : `: ${finding.quote}`;
  return `${place}: ${quoteLine(finding.message)}${quote}`;
}
