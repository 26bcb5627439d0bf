import { describe, expect, it } from 'vitest';
import { makeToolContext } from '../../../test/make-repository.ts';
import type { Tool, ToolResult } from '../../llm/tool.ts';
import { callTool, MAX_RESULT_CHARACTERS } from './call-tool.ts';
import { SkillFault } from './skill.ts';
import { allTools, skills } from './skill-list.ts';
import { validateArguments } from './validate-arguments.ts';

const tool = {
  name: 'sample_do',
  description: 'Sample.',
  effect: 'none',
  permission: 'signed-in',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: { type: 'string', minLength: 1, examples: ['src/main.ts'] },
      mode: { type: 'string', enum: ['fast', 'slow'], default: 'fast' },
      limit: { type: 'integer', minimum: 1, default: 10 },
    },
  },
  run: async (args): Promise<ToolResult> => ({ ok: true, text: 'done', data: args }),
} satisfies Tool;

function faultsOf(args: unknown): unknown {
  const checked = validateArguments(tool, args);
  return checked.ok || checked.result.ok ? null : checked.result.details;
}

describe('validateArguments', () => {
  it('fills in defaults and leaves the given arguments as they are', () => {
    const given = { path: 'a' };
    expect(validateArguments(tool, given)).toEqual({ ok: true, args: { path: 'a', mode: 'fast', limit: 10 } });
    expect(given).toEqual({ path: 'a' });
  });

  it('names pointer, rule, what came and an example for every fault at once', () => {
    expect(faultsOf({ mode: 'medium', limit: 'many', extra: true })).toEqual({
      faults: [
        { pointer: '/path', rule: 'required', got: 'nothing', example: '"src/main.ts"' },
        {
          pointer: '/extra',
          rule: 'unknown property; known are path, mode, limit',
          got: 'true',
          example: '{"path": "src/main.ts"}',
        },
        { pointer: '/mode', rule: 'one of "fast", "slow"', got: '"medium"', example: '"fast"' },
        { pointer: '/limit', rule: 'type: integer', got: '"many"', example: '10' },
      ],
    });
  });

  it.each([null, undefined, [], 'text', 7])('refuses %j instead of an object without a crash', (args) => {
    expect(validateArguments(tool, args)).toMatchObject({ ok: false, result: { code: 'skills.invalid-arguments' } });
  });

  it('tells of a schema that is none', () => {
    const broken = { name: 'foreign_do', inputSchema: { type: 'no-such-type' } };
    expect(validateArguments(broken, {})).toMatchObject({ ok: false, result: { code: 'skills.invalid-schema' } });
  });

  it('takes two foreign schemas with the same id', () => {
    const one = { name: 'a_do', inputSchema: { $id: 'https://example.org/s', type: 'object' } };
    const two = { name: 'b_do', inputSchema: { $id: 'https://example.org/s', type: 'object', required: ['x'] } };
    expect(validateArguments(one, {}).ok).toBe(true);
    expect(validateArguments(two, {}).ok).toBe(false);
  });
});

describe('callTool', () => {
  const context = makeToolContext(null);
  const calling = (run: Tool['run']) => callTool({ ...tool, run }, { path: 'a' }, context);

  it('does not run a tool whose arguments are not valid', async () => {
    let ran = false;
    const run = async (): Promise<ToolResult> => {
      ran = true;
      return { ok: true, text: '', data: null };
    };
    expect(await callTool({ ...tool, run }, {}, context)).toMatchObject({
      ok: false,
      code: 'skills.invalid-arguments',
    });
    expect(ran).toBe(false);
  });

  it('turns operational failures into results and lets bugs through', async () => {
    expect(await calling(() => Promise.reject(new SkillFault('skills.timeout', 'Too slow.')))).toEqual({
      ok: false,
      code: 'skills.timeout',
      text: 'Too slow.',
      details: undefined,
    });
    const denied = Object.assign(new Error('EACCES: denied'), { code: 'EACCES' });
    expect(await calling(() => Promise.reject(denied))).toMatchObject({ ok: false, code: 'skills.file-system' });
    await expect(calling(() => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
  });

  it('lets an abort through with its reason', async () => {
    const controller = new AbortController();
    const aborted = makeToolContext(null, { signal: controller.signal });
    const run = async (): Promise<ToolResult> => {
      controller.abort(new Error('stopped by a person'));
      throw new SkillFault('skills.timeout', 'Too slow.');
    };
    await expect(callTool({ ...tool, run }, { path: 'a' }, aborted)).rejects.toThrow('stopped by a person');
    await expect(callTool(tool, { path: 'a' }, aborted)).rejects.toThrow('stopped by a person');
  });

  it('cuts a long text at the end of a line and says so', async () => {
    const line = 'src/a.ts:1: something that is said\n';
    const result = await calling(async () => ({ ok: true, text: line.repeat(5000), data: null }));
    expect(result.text.length).toBeLessThan(MAX_RESULT_CHARACTERS + 300);
    expect(result.text).toMatch(/said\n\[Cut: the result has 175000 characters, the cap is 40000\./);
  });
});

describe('the list of skills', () => {
  it('names every tool after its skill, once, with a schema that explains every property', () => {
    const names = allTools.map((one) => one.name);
    expect(new Set(names).size).toBe(names.length);
    for (const skill of skills) {
      for (const one of skill.tools) {
        expect(one.name.startsWith(`${skill.name}_`)).toBe(true);
        expect(one.description.length).toBeGreaterThan(40);
        expect(one.inputSchema.additionalProperties).toBe(false);
        for (const property of Object.values(Object(one.inputSchema.properties))) {
          expect(Object(property).description).toMatch(/\.$/);
        }
      }
    }
  });

  it('accepts the examples and defaults that its own schemas give', () => {
    for (const one of allTools) {
      for (const [name, property] of Object.entries(Object(one.inputSchema.properties))) {
        const { examples = [], default: fallback } = Object(property);
        for (const value of fallback === undefined ? examples : [...examples, fallback]) {
          const checked = validateArguments(one, { [name]: value });
          const faults = checked.ok || checked.result.ok ? [] : Object(checked.result.details).faults;
          expect(faults.filter((fault: { pointer: string }) => fault.pointer.startsWith(`/${name}`))).toEqual([]);
        }
      }
    }
  });
});
