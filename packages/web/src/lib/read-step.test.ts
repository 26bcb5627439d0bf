import { describe, expect, it } from 'vitest';
import { answerOf, messagesOf } from './read-step.ts';

describe('reading steps', () => {
  it('reads messages in the shapes that models are asked in', () => {
    expect(
      messagesOf({ system: 'Be kind.', messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }),
    ).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
    ]);
    expect(messagesOf([{ role: 'user', content: 'Hi' }])).toEqual([{ role: 'user', content: 'Hi' }]);
    expect(messagesOf({ prompt: 'x' })).toBeNull();
  });
  it('reads an answer of text and leaves one with tool calls to the tree', () => {
    expect(answerOf({ text: 'Done.' })).toBe('Done.');
    expect(answerOf([{ type: 'text', text: 'Done.' }])).toBe('Done.');
    expect(answerOf({ text: 'I look.', toolCalls: [{ toolName: 'git_log' }] })).toBeNull();
    expect(answerOf({ content: [{ type: 'tool-call', toolName: 'git_log' }] })).toBeNull();
  });
});
