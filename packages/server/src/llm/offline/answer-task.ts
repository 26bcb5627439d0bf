// One pass of the model: read the prompt, plan, and either ask for tools or write the answer. Pauses
// between its stages, since a prompt may be large; everything that it calls is pure.
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { isRecord } from './check-schema.ts';
import { type OfferedTool, openToolBox } from './choose-tools.ts';
import { describeSilence, describeTools } from './describe-silence.ts';
import { type Extract, extractLines } from './extract-lines.ts';
import type { Fact, Facts } from './facts.ts';
import { fillBounded } from './fill-bounded.ts';
import { OFFLINE_NOTICE } from './identify.ts';
import { pauseBriefly } from './pause.ts';
import { type Plan, type PlannedCall, planCalls } from './plan-calls.ts';
import { type ReadPrompt, readPrompt } from './read-prompt.ts';
import { overlapShare } from './score-words.ts';
import { type SeparatedTask, separateData } from './separate-data.ts';
import { type Clause, splitClauses } from './split-clauses.ts';
import { meaningfulStems } from './split-words.ts';
import { isQuestion, openingVerb, speaksOfAnswer } from './verbs.ts';
import { withNotice, writeAnswer, writeMissing } from './write-answer.ts';
import { summariseText, writeReport } from './write-report.ts';

export type Outcome =
  | {
      readonly kind: 'calls';
      readonly calls: readonly { readonly name: string; readonly args: Readonly<Record<string, unknown>> }[];
    }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'json'; readonly text: string };

interface Work {
  readonly prompt: ReadPrompt;
  readonly task: SeparatedTask;
  readonly plan: Plan;
  readonly offered: readonly OfferedTool[];
}

export async function answerTask(options: LanguageModelV4CallOptions): Promise<Outcome> {
  const signal = options.abortSignal;
  await pauseBriefly(signal);
  const prompt = readPrompt(options.prompt);
  await pauseBriefly(signal);
  const task = separateData(prompt.task);
  await pauseBriefly(signal);
  const offered = readTools(options);
  const plan = makePlan(prompt, task, offered, options.toolChoice);
  if (plan.next.length > 0) return { kind: 'calls', calls: plan.next.map(toCall) };
  await pauseBriefly(signal);
  const text = writeText({ prompt, task, plan, offered });
  if (options.responseFormat?.type !== 'json') return { kind: 'text', text };
  const schema: unknown = options.responseFormat.schema;
  const lines = gatherFacts({ prompt, task, plan, offered }).slice(0, MAX_FACTS);
  const failures = lines.length > 0 ? [] : prompt.answers.flatMap((answer) => (answer.ok ? [] : [answer.text.trim()]));
  const value = await writeJson({ lines, report: text, failures }, schema);
  return { kind: 'json', text: JSON.stringify(value) };
}

const MAX_FACTS = 2_000;

function toCall(call: PlannedCall): { name: string; args: Readonly<Record<string, unknown>> } {
  return { name: call.tool.name, args: call.args };
}

function readTools(options: LanguageModelV4CallOptions): OfferedTool[] {
  if (options.toolChoice?.type === 'none') return [];
  const only = options.toolChoice?.type === 'tool' ? options.toolChoice.toolName : null;
  return (options.tools ?? []).flatMap((tool) => {
    if (tool.type !== 'function' || (only !== null && tool.name !== only)) return [];
    const schema: unknown = tool.inputSchema;
    return [{ name: tool.name, description: tool.description ?? '', schema: isRecord(schema) ? schema : {} }];
  });
}

const EMPTY_PLAN: Plan = { next: [], made: [], missing: [] };

/** Plans on the last message; when that names nothing to do with a tool, on the persona's instructions. */
function makePlan(
  prompt: ReadPrompt,
  task: SeparatedTask,
  offered: readonly OfferedTool[],
  choice: LanguageModelV4CallOptions['toolChoice'],
): Plan {
  if (offered.length === 0) return EMPTY_PLAN;
  const box = openToolBox(offered);
  const clauses = splitClauses(task.request);
  const must = prompt.rounds === 0 && (choice?.type === 'required' || choice?.type === 'tool');
  const input = { box, prompt, materials: task.materials };
  const plan = planCalls({ ...input, clauses, forced: null });
  if (hasCalls(plan)) return plan;
  const standing = splitClauses(prompt.persona.split('\n')).filter(isStandingWork);
  if (standing.length > 0 && isWork(task.request)) {
    const byPersona = planCalls({ ...input, clauses: standing, forced: null });
    if (hasCalls(byPersona)) return { ...byPersona, missing: plan.missing };
  }
  return must ? planCalls({ ...input, clauses, forced: choice.type === 'tool' ? choice.toolName : true }) : plan;
}

function hasCalls(plan: Plan): boolean {
  return plan.next.length > 0 || plan.made.length > 0;
}

/** `Say where each fact comes from` is a manner of answering every task, not a task. */
function isStandingWork({ verb, sentence }: Clause): boolean {
  const opening = openingVerb(sentence);
  return verb !== null && opening !== null && !speaksOfAnswer(opening);
}

const SMALL_TALK = /^\W*(?:hi|hello|hey|thanks?|thank\s+you|good\s+\w+|bye|goodbye|ok|okay|yes|no|sorry|welcome)\b/i;

/** A greeting or a question is no reason to start working through the persona's instructions. */
function isWork(request: readonly string[]): boolean {
  return splitClauses(request).some(
    ({ text }) => !SMALL_TALK.test(text) && !isQuestion(text) && meaningfulStems(text).length > 1,
  );
}

function writeText(work: Work): string {
  const { prompt, task, plan } = work;
  if (prompt.answers.length > 0) return writeAnswer(prompt.answers, plan.made, plan.missing);
  const request = task.request.join('\n').trim();
  const missing = plan.missing.length > 0 ? [writeMissing(plan.missing)] : [];
  if (task.materials.length > 0)
    return withNotice([writeReport(task.request, task.headings, task.materials), ...missing].join('\n\n'));
  const remembered = recall(prompt, request);
  if (remembered !== '') return withNotice([remembered, ...missing].join('\n\n'));
  const sentences = request.length > 400 ? summariseText(request, request.slice(0, 200)) : [];
  if (sentences.length > 0)
    return withNotice(
      ['From the text of the task:', sentences.map((sentence) => `- ${sentence}`).join('\n'), ...missing].join('\n\n'),
    );
  return withNotice(
    [...(missing.length > 0 ? missing : [describeSilence(request, work.offered)]), describeTools(work.offered)]
      .filter((part) => part !== '')
      .join('\n\n'),
  );
}

const MAX_RECALLED = 12;

/** Lines of the conversation so far that speak of the question. */
function recall(prompt: ReadPrompt, question: string): string {
  const seen = new Set<string>();
  const found: { text: string; from: string; fit: number }[] = [];
  for (const { from, text } of prompt.earlier.toReversed()) {
    if (from === 'an earlier message') continue;
    for (const line of text.slice(0, 50_000).split('\n')) {
      const clean = line.trim().replace(/^[-*+•]\s+/, '');
      if (clean === '' || seen.has(clean) || /^(?:#|_|`{3})/.test(clean)) continue;
      seen.add(clean);
      const fit = overlapShare(question, clean);
      if (fit >= 0.4) found.push({ text: clean, from, fit });
    }
  }
  const best = found.toSorted((one, other) => other.fit - one.fit).slice(0, MAX_RECALLED);
  return best.length === 0
    ? ''
    : `From this conversation:\n\n${best.map(({ text, from }) => `- ${text} (${from})`).join('\n')}`;
}

async function writeJson(facts: Facts, schema: unknown): Promise<unknown> {
  if (!isRecord(schema) || Object.keys(schema).length === 0)
    return { note: OFFLINE_NOTICE, extracts: facts.lines.map(({ text }) => text) };
  return fillBounded({ schema, facts });
}

/** The headings within a result say more exactly than the wish what stands below them. */
function toFacts(lines: readonly Extract[], wish: string): Fact[] {
  const facts: Fact[] = [];
  let label = wish;
  for (const { kind, text } of lines) {
    if (kind === 'heading') label = `${wish}: ${text}`;
    else facts.push({ text: text.trim(), label, ...(kind === 'sentence' ? { isSentence: true } : {}) });
  }
  return facts;
}

function gatherFacts({ prompt, task, plan }: Work): Fact[] {
  const facts: Fact[] = [];
  for (const answer of prompt.answers) {
    if (!answer.ok) continue;
    const wish =
      plan.made.find(
        (call) => call.tool.name === answer.toolName && JSON.stringify(call.args) === JSON.stringify(answer.args),
      )?.clause.text ?? '';
    const path = typeof answer.args.path === 'string' ? answer.args.path : null;
    const extracts = extractLines(answer.text, wish === '' ? task.request.join(' ') : wish, path);
    facts.push(...toFacts(extracts.lines, wish));
  }
  for (const { label, lines } of task.materials) {
    for (const line of lines) {
      const text = line.trim().replace(/^(?:[-*+•>]|\d+[.)])\s+/, '');
      if (text !== '' && !/^(?:_.+_|```.*)$/.test(text)) facts.push({ text, label });
    }
  }
  const seen = new Set<string>();
  const once = facts.filter(({ text }) => !seen.has(text) && seen.add(text));
  // Where tools were asked and had nothing, the task's own words would pass for what they found.
  if (once.length > 0 || prompt.answers.length > 0) return once;
  return task.request.flatMap((line) => (line.trim() === '' ? [] : [{ text: line.trim(), label: '' }]));
}
