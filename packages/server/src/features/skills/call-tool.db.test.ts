// Tools and their breakers: what depends on something outside is left alone when that fails, and on nothing else.
import { expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { makeTestCtx } from '../../../test/make-ctx.ts';
import { makeToolContext } from '../../../test/make-repository.ts';
import type { Tool, ToolResult } from '../../llm/tool.ts';
import { callTool } from './call-tool.ts';

/** A tool that answers as told, and counts its calls. */
function makeTool(answer: () => ToolResult) {
  let calls = 0;
  const tool: Tool = {
    name: 'letters_send',
    description: 'Sends a letter.',
    inputSchema: { type: 'object', properties: { to: { type: 'string' } }, additionalProperties: false },
    effect: 'none',
    permission: 'projects.read',
    run: async () => {
      calls += 1;
      return answer();
    },
  };
  return { tool, calls: () => calls };
}

const failed = (outside?: 'answered' | 'unavailable' | 'timeout'): ToolResult => ({
  ok: false,
  code: 'letters.failed',
  text: 'It was not sent.',
  ...(outside && { outside }),
});

eachDatabase((open) => {
  async function start() {
    const { breakers, clock } = makeTestCtx(await open());
    return { clock, context: makeToolContext(null, { breakers }) };
  }

  it('a tool whose outside fails again and again is not called for a while, and its caller reads until when', async () => {
    const { clock, context } = await start();
    let answer = failed('unavailable');
    const { tool, calls } = makeTool(() => answer);
    for (let time = 0; time < 5; time += 1) await callTool(tool, {}, context);
    const refused = await callTool(tool, {}, context);
    expect(refused).toMatchObject({
      ok: false,
      code: 'breaker.open',
      details: { retryAt: '2026-11-01T10:00:30.000Z' },
      outside: 'unavailable',
    });
    expect(refused.text).toContain(
      'The tool letters_send failed 5 times in a row (the last time: it could not answer)',
    );
    expect(calls()).toBe(5);
    clock.advance(30_000);
    answer = { ok: true, text: 'Sent.', data: null };
    expect(await callTool(tool, {}, context)).toEqual(answer);
    expect(await callTool(tool, {}, context)).toEqual(answer);
  });

  it('refusals, faults of the caller and bugs close no tool', async () => {
    const { context } = await start();
    for (const answer of [failed('answered'), failed()]) {
      const { tool, calls } = makeTool(() => answer);
      for (let time = 0; time < 8; time += 1) expect(await callTool(tool, {}, context)).toEqual(answer);
      for (let time = 0; time < 8; time += 1) await callTool(tool, { no: 'such' }, context);
      expect(calls()).toBe(8);
    }
    const { tool, calls } = makeTool(() => {
      throw new Error('a bug');
    });
    for (let time = 0; time < 8; time += 1) await expect(callTool(tool, {}, context)).rejects.toThrow('a bug');
    expect(calls()).toBe(8);
  });
});
