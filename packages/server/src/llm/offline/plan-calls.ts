// Which calls a task asks for and in what order. The model keeps nothing between calls: the plan is made
// anew from the task each time and replayed over the results so far, so the same prompt gives the same
// calls, and each planned call is made at most once.
import type { Schema } from './check-schema.ts';
import { bestTool, chooseTool, findNamedTools, type KnownTool, type ToolBox, type ToolChoice } from './choose-tools.ts';
import { fillArguments } from './fill-arguments.ts';
import { pointsClearly, pointsToEvidence } from './fill-string.ts';
import type { ArgumentSource, Evidence } from './filling.ts';
import { findValues, type Value } from './find-values.ts';
import { gatherEvidence } from './gather-evidence.ts';
import type { CallArguments, ReadPrompt, ToolAnswer } from './read-prompt.ts';
import type { Material } from './separate-data.ts';
import type { Clause } from './split-clauses.ts';

export interface PlannedCall {
  readonly tool: KnownTool;
  readonly args: CallArguments;
  readonly clause: Clause;
}

export interface MissingCall {
  readonly tool: KnownTool;
  readonly clause: Clause;
  readonly missing: readonly string[];
}

export interface Plan {
  /** To be made now, all at once. */
  readonly next: readonly PlannedCall[];
  /** Made in earlier rounds of this turn. */
  readonly made: readonly PlannedCall[];
  readonly missing: readonly MissingCall[];
}

const MAX_CALLS = 12;
const MAX_PICKS = 3;

interface Item {
  readonly tool: KnownTool;
  readonly clause: Clause;
  readonly pick: number;
  state: 'open' | 'issued' | 'missing';
  missing: readonly string[];
}

interface PlanInput {
  readonly clauses: readonly Clause[];
  readonly box: ToolBox;
  readonly prompt: ReadPrompt;
  readonly materials: readonly Material[];
  /** A tool must be called although none may fit: `required`, or the name of one. */
  readonly forced: string | true | null;
}

export function planCalls(input: PlanInput): Plan {
  const items = chooseItems(input);
  const taskValues = findValues(input.clauses.map((clause) => clause.sentence).join('\n'));
  const made: PlannedCall[] = [];
  let next: PlannedCall[] = [];
  for (let round = 0; round <= input.prompt.rounds; round += 1) {
    const answers = input.prompt.answers.filter((answer) => answer.round < round);
    next = issueCalls(items, { ...input, answers, taskValues, issued: made });
    if (round < input.prompt.rounds) made.push(...next);
  }
  // Nothing more will be returned: what still waits for a value will not get it.
  if (next.length === 0)
    for (const item of items) if (item.state === 'open' && item.missing.length > 0) item.state = 'missing';
  const done = new Set(input.prompt.calls.map((call) => keyOf(call.toolName, call.args)));
  const missing = items
    .filter((item) => item.state === 'missing')
    .map(({ tool, clause, missing: names }) => ({ tool, clause, missing: names }));
  return {
    next: next.filter((call) => !done.has(keyOf(call.tool.name, call.args))),
    made,
    missing: dropAnswered(missing, made),
  };
}

/** A clause that another of its sentence's calls serves need not be reported as unserved. */
function dropAnswered(missing: MissingCall[], made: readonly PlannedCall[]): MissingCall[] {
  const seen = new Set<string>();
  return missing.filter(({ tool, clause }) => {
    const key = `${tool.name} ${clause.sentence}`;
    if (seen.has(key) || made.some((call) => call.tool === tool && call.clause.sentence === clause.sentence))
      return false;
    seen.add(key);
    return true;
  });
}

function chooseItems(input: PlanInput): Item[] {
  const items: Item[] = [];
  const add = (tool: KnownTool, clause: Clause) => {
    const picks = Math.min(MAX_PICKS, countPicks(clause.text));
    for (let pick = 0; pick < picks; pick += 1) items.push({ tool, clause, pick, state: 'open', missing: [] });
  };
  let before: { sentence: string; tool: KnownTool } | null = null;
  for (const clause of input.clauses) {
    const named = findNamedTools(clause.text, input.box);
    if (named.length > 0) for (const tool of named) add(tool, clause);
    else {
      const choice: ToolChoice | null = chooseTool(
        clause,
        input.box,
        before?.sentence === clause.sentence ? before.tool : null,
      );
      if (choice === null) continue;
      add(choice.tool, clause);
      before = { sentence: clause.sentence, tool: choice.tool };
    }
  }
  if (items.length === 0 && input.forced !== null) forceItem(input, add);
  return items;
}

function forceItem(input: PlanInput, add: (tool: KnownTool, clause: Clause) => void): void {
  const whole = input.clauses.map((clause) => clause.text).join('; ');
  const clause: Clause = { text: whole, sentence: whole, verb: null, aboutAnswer: false };
  const tool =
    input.forced === true
      ? (bestTool(clause, input.box)?.tool ?? input.box.tools[0])
      : input.box.tools.find(({ name }) => name === input.forced);
  if (tool) add(tool, clause);
}

/** `each of them` and `the top 3 files` mean several, `it` and `the longest` mean one. */
function countPicks(clause: string): number {
  const top = /\btop\s+(\d+|two|three)\b/i.exec(clause)?.[1];
  if (top !== undefined) return { two: 2, three: 3 }[top.toLowerCase()] ?? Number(top);
  return /\b(?:each (?:of|one|file|page|document|result)|every (?:one|file|page|document|result)|them|these|those|all of)\b/i.test(
    clause,
  )
    ? MAX_PICKS
    : 1;
}

interface Round extends PlanInput {
  readonly answers: readonly ToolAnswer[];
  readonly taskValues: readonly Value[];
  readonly issued: readonly PlannedCall[];
}

function issueCalls(items: readonly Item[], round: Round): PlannedCall[] {
  const calls: PlannedCall[] = [];
  const known = new Set(round.issued.map((call) => keyOf(call.tool.name, call.args)));
  for (const item of items) {
    if (item.state === 'issued' || known.size >= MAX_CALLS) continue;
    const args = resolveArguments(item, items, round);
    if (args === null) continue;
    const key = keyOf(item.tool.name, args);
    item.state = 'issued';
    if (known.has(key)) continue;
    known.add(key);
    calls.push({ tool: item.tool, args, clause: item.clause });
  }
  return mergeLists(calls);
}

function resolveArguments(item: Item, items: readonly Item[], round: Round): CallArguments | null {
  const evidence = gatherEvidence(item.clause, round.answers, round.materials);
  const filled = fillArguments(item.tool.schema, sourceOf(item, round, evidence));
  if (filled.ok) {
    // A second or third pick stands only for a further value of the evidence.
    if (item.pick > 0 && !filled.fromEvidence) return giveUp(item, []);
    return shouldWait(item, items, evidence, filled.fromEvidence) ? null : filled.args;
  }
  if (filled.evidenceCouldHelp && item.pick === 0 && othersAreOpen(item, items, round)) {
    item.missing = filled.missing;
    return null;
  }
  return giveUp(item, item.pick === 0 ? filled.missing : []);
}

function giveUp(item: Item, missing: readonly string[]): null {
  if (missing.length > 0) {
    item.state = 'missing';
    item.missing = missing;
  }
  return null;
}

function sourceOf(item: Item, round: Round, evidence: Evidence | null): ArgumentSource {
  return {
    // The tool's own name is no value of the call.
    clause: item.clause.text.replaceAll(item.tool.name, ' ').replaceAll('` `', ' '),
    forced: round.forced !== null,
    sentence: item.clause.sentence,
    toolWords: item.tool.words,
    evidence,
    pick: item.pick,
    taskValues: round.taskValues,
  };
}

/** A clause such as `show who changed it` waits for the calls before it, so that `it` is something. */
function shouldWait(item: Item, items: readonly Item[], evidence: Evidence | null, fromEvidence: boolean): boolean {
  if (evidence !== null || fromEvidence || !pointsClearly(item.clause.text)) return false;
  const takesPath =
    takesEvidence(item.tool.schema) &&
    findValues(item.clause.text).every((value) => value.kind !== 'path' && value.kind !== 'url');
  return takesPath && items.indexOf(item) > 0;
}

function takesEvidence(schema: Schema): boolean {
  return /"(?:path|file|filename|url|uri)"\s*:/i.test(JSON.stringify(schema));
}

function othersAreOpen(item: Item, items: readonly Item[], round: Round): boolean {
  return round.prompt.rounds === 0
    ? items.some((other) => other !== item && other.clause !== item.clause)
    : pointsToEvidence(item.clause.text) && round.answers.length === 0;
}

/** Calls that differ in one list only become one call with the joined list. */
function mergeLists(calls: readonly PlannedCall[]): PlannedCall[] {
  const merged: PlannedCall[] = [];
  for (const call of calls) {
    const at = merged.findIndex(
      (other) =>
        other.tool === call.tool &&
        other.clause.sentence === call.clause.sentence &&
        listDifference(other.args, call.args) !== null,
    );
    const other = merged[at];
    const key = other ? listDifference(other.args, call.args) : null;
    if (other === undefined || key === null) {
      merged.push(call);
      continue;
    }
    const list = [...new Set([...asList(other.args[key]), ...asList(call.args[key])])];
    const clause = { ...other.clause, text: call.clause.sentence };
    merged[at] = { tool: call.tool, args: { ...other.args, [key]: list }, clause };
  }
  return merged;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function listDifference(one: CallArguments, other: CallArguments): string | null {
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  const different = keys.filter((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]));
  const key = different[0];
  return different.length === 1 && key !== undefined && Array.isArray(one[key]) && Array.isArray(other[key])
    ? key
    : null;
}

/** The same for equal arguments in any order of their keys. */
export function keyOf(toolName: string, args: unknown): string {
  return `${toolName} ${JSON.stringify(args, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  )}`;
}
