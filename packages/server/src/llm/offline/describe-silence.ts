// What is said when there is nothing to quote: plainly that, and what would help.
import type { OfferedTool } from './choose-tools.ts';
import { titleOf } from './write-answer.ts';

export function describeSilence(request: string, offered: readonly OfferedTool[]): string {
  if (request.trim() === '') return 'The task is empty: say what to look for, or give a text to quote from.';
  const asked = `"${titleOf(request)}"`;
  if (offered.length === 0)
    return `I was given no tools and no material for ${asked}, so there is nothing that I can quote. Add tools, put material into the task, or choose a model that can reason.`;
  return `None of the tools that I was given fits the wording of ${asked}, and there is no material to quote. Say it with the words of one of these tools, or choose a model that can reason.`;
}

/** Whether an answer for which no tool was called says only that there was nothing to do with. */
export function isSilence(answer: string): boolean {
  return /^(?:None of the tools that I was given fits|I was given no tools and no material|The task is empty:|## Not done)/.test(
    answer,
  );
}

const MAX_TOOLS = 20;

export function describeTools(offered: readonly OfferedTool[]): string {
  if (offered.length === 0) return '';
  const lines = offered
    .slice(0, MAX_TOOLS)
    .map(({ name, description }) => `- \`${name}\`: ${description.split(/(?<=[.!?])\s+/)[0] ?? ''}`);
  const more = offered.length > MAX_TOOLS ? `\n\n_${offered.length - MAX_TOOLS} more tools are not listed here._` : '';
  return `Tools at hand:\n\n${lines.join('\n')}${more}`;
}
