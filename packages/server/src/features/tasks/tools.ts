// What an agent tells of its work on a goal: its plan, how far it is, that it is done. The calls stay in the journal of its
// turn and are read from there (`read-report.ts`); nothing else happens here, so repeating one changes nothing.
import { planStatuses } from '@gathering/contract/tasks';
import type { Tool } from '../../llm/tool.ts';

export const reportTools = {
  plan: 'tasks_set_plan',
  progress: 'tasks_note_progress',
  finish: 'tasks_finish',
} as const;

export const longestStep = 300;
export const mostPlanSteps = 50;
export const longestNote = 2_000;
export const longestResult = 50_000;

function makeTool(name: string, description: string, properties: object, required: string[], answer: string): Tool {
  return {
    name,
    description,
    inputSchema: { type: 'object', properties, required, additionalProperties: false },
    effect: 'none',
    permission: 'tasks.run',
    run: async () => ({ ok: true, text: answer, data: null }),
  };
}

export const taskTools: readonly Tool[] = [
  makeTool(
    reportTools.plan,
    'Sets the whole plan: every step with its state. Call it at the beginning, and again when steps are done or change.',
    {
      steps: {
        type: 'array',
        minItems: 1,
        maxItems: mostPlanSteps,
        items: {
          type: 'object',
          properties: {
            step: { type: 'string', minLength: 1, maxLength: longestStep },
            status: { type: 'string', enum: [...planStatuses] },
          },
          required: ['step', 'status'],
          additionalProperties: false,
        },
      },
    },
    ['steps'],
    'The plan is noted.',
  ),
  makeTool(
    reportTools.progress,
    'Notes what was found or done, for your later turns, which see nothing else of this one, and how far the goal is.',
    {
      note: { type: 'string', minLength: 1, maxLength: longestNote },
      percent: { type: 'integer', minimum: 0, maximum: 100 },
    },
    ['note'],
    'Noted.',
  ),
  makeTool(
    reportTools.finish,
    'Ends the work: the goal is reached, or it cannot be. The result is what whoever set the goal reads.',
    { reached: { type: 'boolean' }, result: { type: 'string', minLength: 1, maxLength: longestResult } },
    ['reached', 'result'],
    'The end is noted. Answer with one short sentence now.',
  ),
];
