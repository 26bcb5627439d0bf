// The one way to call a tool, ours or foreign: nobody's rights grow by it, arguments are checked, operational failures become results
// that a model can read, aborts and bugs go through, and no result is longer than a stated cap.
import type { Tool, ToolContext, ToolResult } from '../../llm/tool.ts';
import { targetOf } from '../../platform/breaker-rules.ts';
import { BreakerOpen, type Outcome, type Verdict } from '../../platform/breakers.ts';
import { translateFailure } from './skill.ts';
import { validateArguments } from './validate-arguments.ts';

export const MAX_RESULT_CHARACTERS = 40_000;
const MAX_DATA_CHARACTERS = 1_000_000;

/** Throws only when `context.signal` was aborted (its reason) and on bugs. */
export async function callTool(tool: Tool, args: unknown, context: ToolContext): Promise<ToolResult> {
  context.signal.throwIfAborted();
  if (!context.may(tool.permission)) return refuseTool(tool);
  const valid = validateArguments(tool, args);
  if (!valid.ok) return valid.result;
  try {
    return capResult(await runThroughBreaker(tool, valid.args, context));
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof BreakerOpen) return refuseOpen(error);
    return translateFailure(error);
  }
}

function runThroughBreaker(tool: Tool, args: Readonly<Record<string, unknown>>, context: ToolContext) {
  const target = tool.target === undefined ? targetOf('tool', tool.name) : tool.target(args);
  if (target === null) return tool.run(args, context);
  return context.breakers.of(target).run(() => tool.run(args, context), judgeResult);
}

/** Aborts, bugs and what our own side refused tell nothing of the outside. */
function judgeResult(outcome: Outcome<ToolResult>): Verdict {
  if ('error' in outcome) return 'unknown';
  const { value } = outcome;
  if (value.ok) return 'answered';
  if (value.outside === undefined || value.outside === 'answered') return value.outside ?? 'unknown';
  const words = { unavailable: 'it could not answer', timeout: 'it did not answer in time' };
  return { failed: words[value.outside] };
}

function refuseOpen({ code, message, retryAt }: BreakerOpen): ToolResult {
  const text = `${message} Nothing was done: go on without it, or do something else first.`;
  return { ok: false, code, text, details: { retryAt: retryAt.toISOString() }, outside: 'unavailable' };
}

function refuseTool({ name, permission }: Tool): ToolResult {
  const text = `Whoever set this to work may not use ${name}: it needs the permission ${permission}, and a project that they may see. Nothing was done.`;
  return { ok: false, code: 'skills.tool-forbidden', text, details: { permission } };
}

function capResult(result: ToolResult): ToolResult {
  const text = capText(result.text);
  if (!result.ok) return { ...result, text };
  const size = JSON.stringify(result.data)?.length ?? 0;
  if (size <= MAX_DATA_CHARACTERS) return { ...result, text };
  return {
    ...result,
    data: null,
    text: `${text}\n[The structured value has ${size} characters, more than ${MAX_DATA_CHARACTERS}, and was left out.]`,
  };
}

/** Cuts at a line's end, so that no fact is left half. */
function capText(text: string): string {
  if (text.length <= MAX_RESULT_CHARACTERS) return text;
  const end = text.lastIndexOf('\n', MAX_RESULT_CHARACTERS);
  const kept = text.slice(0, end > MAX_RESULT_CHARACTERS / 2 ? end : MAX_RESULT_CHARACTERS);
  return `${kept}\n[Cut: the result has ${text.length} characters, the cap is ${MAX_RESULT_CHARACTERS}. Ask for less (a path, a glob, a smaller limit) to see the rest.]`;
}
