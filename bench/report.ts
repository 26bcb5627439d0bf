// What every benchmark prints: the machine, a table, and with --json one last line of figures for programs.
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';

export interface Figures {
  readonly [name: string]: number | string | boolean | null;
}

export function describeMachine(): string {
  const [cpu] = cpus();
  return `${cpus().length} x ${cpu?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`;
}

/** The options of the command line; unknown ones end the program. */
export function readOptions<T extends Record<string, { type: 'boolean' | 'string' }>>(more: T) {
  return parseArgs({ options: { json: { type: 'boolean' }, ...more }, strict: true }).values;
}

export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const [index, row] of rows.entries()) {
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    );
    if (index === 0) console.log(widths.map((width) => '-'.repeat(width)).join('  '));
  }
}

export function printFigures(name: string, figures: Figures): void {
  console.log(JSON.stringify({ name, figures }));
}

/** The value below which the share `q` of the sorted samples lies; NaN of none. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) return Number.NaN;
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
