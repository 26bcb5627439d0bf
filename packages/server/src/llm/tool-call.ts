// One tool call of a model: arguments read, the tool found and called. Whatever goes wrong comes back as a
// result that the model can read; only an abort goes through.
import { isRecord, show } from '../platform/schemas/show-value.ts';
import { parseJson } from './check-json.ts';
import type { ToolStep } from './journal.ts';
import type { Tool, ToolResult } from './tool.ts';

/** A result longer than this is cut before a model reads it. */
export const maxResultCharacters = 60_000;

export type CallTool = (
  tool: Tool,
  args: unknown,
  call: { readonly idempotencyKey: string; readonly signal: AbortSignal },
) => Promise<ToolResult>;

export interface CallPorts {
  readonly tools: readonly Tool[];
  readonly callTool: CallTool;
  readonly signal: AbortSignal;
  /** A tool threw: that is a defect of ours, to be logged with its cause. */
  onBug(error: unknown, step: ToolStep): void;
}

/** The arguments as a value; what is not JSON is kept as text under `malformed`. */
export function readCallInput(text: string): { [key: string]: unknown } {
  if (text.trim() === '') return {};
  const value = parseJson(text);
  if (isRecord(value)) return value;
  return { malformed: text.slice(0, 2000) };
}

export async function runCall(step: ToolStep, raw: string, ports: CallPorts): Promise<ToolResult> {
  const value = raw.trim() === '' ? {} : parseJson(raw);
  if (value === undefined) return refuseMalformed(step.tool, raw);
  const tool = ports.tools.find((candidate) => candidate.name === step.tool);
  if (tool === undefined) return refuseUnknown(step.tool, ports.tools);
  ports.signal.throwIfAborted();
  try {
    return capResult(await ports.callTool(tool, value, { idempotencyKey: step.idempotencyKey, signal: ports.signal }));
  } catch (error) {
    ports.signal.throwIfAborted();
    ports.onBug(error, step);
    return {
      ok: false,
      code: 'skills.tool-failed',
      text: `The tool ${step.tool} failed on our side; it is not known whether it did anything. Go on without it, or try other arguments once.`,
    };
  }
}

function refuseMalformed(tool: string, raw: string): ToolResult {
  const faults = [
    { pointer: '', rule: 'the arguments are one JSON object', got: show(raw), example: '{"name": "value"}' },
  ];
  const text = `The arguments of ${tool} are not valid JSON. Nothing was done. Call it again with one JSON object; got ${show(raw)}.`;
  return { ok: false, code: 'skills.malformed-arguments', text, details: { faults } };
}

function refuseUnknown(name: string, tools: readonly Tool[]): ToolResult {
  const known = tools.map((tool) => tool.name);
  const text =
    known.length === 0
      ? `There is no tool ${name}: no tools are offered here. Answer without one.`
      : `There is no tool ${name}. Nothing was done. The tools are: ${known.join(', ')}.`;
  const faults = [{ pointer: '/tool', rule: 'one of the offered tools', got: show(name), example: known[0] ?? 'none' }];
  return { ok: false, code: 'skills.tool-unknown', text, details: { faults } };
}

function capResult(result: ToolResult): ToolResult {
  if (result.text.length <= maxResultCharacters) return result;
  const text = `${result.text.slice(0, maxResultCharacters)}\n[Cut: the result has ${result.text.length} characters, ${maxResultCharacters} are shown.]`;
  return { ...result, text };
}
