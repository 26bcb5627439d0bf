// Tasks as people write them in pipelines of their own, with invented tools: what is work and what speaks of the
// answer, what material is and what is quoted in it, and how JSON is filled from it.
import { generateText, isStepCount, jsonSchema, Output, type ToolSet, tool } from 'ai';
import { describe, expect, test } from 'vitest';
import { createOfflineModel } from './offline-model.ts';
import { separateData } from './separate-data.ts';
import { writeReport } from './write-report.ts';

type Args = Record<string, unknown>;
type Call = { name: string; args: Args };

const orders = {
  description:
    'Read the orders: the last (latest) orders, or a summary. With `sum: "customer"` it tells who ordered most, with `sum: "month"` how much a month.',
  schema: {
    type: 'object',
    properties: {
      summarise: {
        type: 'string',
        enum: ['orders', 'customer', 'month'],
        description: '`customer`: who ordered most.',
      },
      limit: { type: 'integer', minimum: 1, maximum: 50, description: 'How many to return at most.' },
    },
  },
  answer: ({ summarise }: Args) =>
    summarise === 'customer'
      ? '7 orders, from May to June. 2 customers.\nAda Lovelace: 5 orders (71 %)\nBea Brown: 2 orders (29 %)'
      : '2 orders, the latest.\norder 17 by Ada Lovelace: tea\norder 16 by Bea Brown: salt',
};

const files = {
  description: 'List the files of the archive, sorted by name or by size; a glob narrows them.',
  schema: {
    type: 'object',
    properties: {
      glob: { type: 'string', description: 'Only files that match this glob.' },
      sort: { type: 'string', enum: ['name', 'size'], description: 'By `name`, or by `size`, the largest first.' },
      limit: { type: 'integer', minimum: 1, maximum: 50 },
    },
  },
  answer: () => 'letters/a.md:1: 3 pages\nletters/b.md:1: 2 pages',
};

const checks = {
  description: 'Check the ledger for faults of every kind, the most urgent first.',
  schema: { type: 'object', properties: {} },
  answer: () =>
    '2 faults found in 9 books.\n## Wrong sums (1)\nbooks/may.csv:4: sum is {"total": 12}, 13 was said\n## Old notes (12)\nbooks/june.csv:2: note of 2019\nand 11 more.',
};

const office = { orders_read: orders, archive_files: files, ledger_check: checks };

async function ask(prompt: string, schema?: Args) {
  const calls: Call[] = [];
  const tools: ToolSet = Object.fromEntries(
    Object.entries(office).map(([name, { description, schema: input, answer }]) => [
      name,
      tool({
        description,
        inputSchema: jsonSchema<Args>(input as Args),
        execute: (args) => {
          calls.push({ name, args });
          return answer(args);
        },
      }),
    ]),
  );
  const result = await generateText({
    model: createOfflineModel(),
    prompt,
    tools,
    stopWhen: isStepCount(6),
    ...(schema ? { output: Output.object({ schema: jsonSchema<Args>(schema) }) } : {}),
  });
  return { calls, text: result.text, data: schema ? (result.output as Args) : {} };
}

describe('what is work', () => {
  test('the steps of a list, not the sentence above them nor those on how to answer', async () => {
    const { calls } = await ask(
      [
        'Look at the orders and the archive of the shop:',
        '1. Summarise the orders by customer.',
        '2. List the 5 largest files of the archive, sorted by size.',
        'Give every finding one line that begins with its file. Keep their order, which is the one of the tools, and their',
        'headings. The summary is short: how many orders there are of which kind. State nothing that was not found.',
      ].join('\n'),
    );
    expect(calls).toEqual([
      { name: 'orders_read', args: { summarise: 'customer' } },
      { name: 'archive_files', args: { sort: 'size', limit: 5 } },
    ]);
  });

  test('a kind of file is asked for by the pattern of its names', async () => {
    const { calls } = await ask('List all Markdown files of the archive.');
    expect(calls).toEqual([{ name: 'archive_files', args: { glob: '*.md' } }]);
  });

  test('headings within a result stay headings, sentences stay sentences', async () => {
    const { text } = await ask('Check the ledger for faults.');
    expect(text).toContain('\n2 faults found in 9 books.\n\n### Wrong sums (1)\n\n- books/may.csv:4: sum is');
    expect(text).toContain('- books/june.csv:2: note of 2019\n\nand 11 more.');
  });
});

describe('JSON from results', () => {
  test('lists take the lines of their own step, a person the name before the colon, a number the one of that line', async () => {
    const text = { type: 'string' };
    const { data } = await ask('Summarise the orders by customer. Show the latest 2 orders.', {
      type: 'object',
      required: ['bestCustomer', 'orders', 'summary', 'customers', 'latestOrders'],
      properties: {
        bestCustomer: { ...text, description: 'Name of the customer with the most orders.' },
        orders: { type: 'integer', description: 'Number of orders of that customer.' },
        summary: { ...text, description: 'What the orders show.' },
        customers: { type: 'array', items: text, description: 'The customers with their number of orders.' },
        latestOrders: { type: 'array', items: text },
      },
    });
    expect(data).toEqual({
      bestCustomer: 'Ada Lovelace',
      orders: 5,
      summary: '7 orders, from May to June. 2 customers. 2 orders, the latest.',
      customers: ['Ada Lovelace: 5 orders (71 %)', 'Bea Brown: 2 orders (29 %)'],
      latestOrders: ['order 17 by Ada Lovelace: tea', 'order 16 by Bea Brown: salt'],
    });
  });
});

describe('a report of several parts', () => {
  const material = [
    'Write the report with the title "Books of May". Use the headings Summary, Faults, Shelves, Orders.',
    '<faults>',
    '## Ledger',
    '_From `ledger_check`._',
    '2 faults found in 9 books.',
    '### Wrong sums (1)',
    '- books/may.csv:4: sum is {"total": 12}, <b>13</b> was said',
    '### Old notes (12)',
    '- books/june.csv:2: note of 2019',
    'and 11 more.',
    '</faults>',
    '<shelves>',
    '```',
    'shelf 1',
    '  box a',
    '```',
    '</shelves>',
    '<orders>',
    '["order 17 by Ada: tea", "order 16 by Bea: salt"]',
    '</orders>',
  ].join('\n');
  const { request, headings, materials } = separateData(material);
  const report = writeReport(request, headings, materials);

  test('has the title, the headings in their order and the counts of each', () => {
    expect(report.match(/^#{1,2} .+$/gm)).toEqual([
      '# Books of May',
      '## Summary',
      '## Faults',
      '## Shelves',
      '## Orders',
    ]);
    expect(report).toContain('2 findings with a source in 2 files, of 13 in all:\n\n- Faults: 13 (');
    expect(report).toContain('Wrong sums: 1; Old notes: 12');
  });

  test('quotes findings whole, keeps the shape of blocks and takes JSON apart', () => {
    expect(report).toContain('- books/may.csv:4: sum is {"total": 12}, <b>13</b> was said');
    expect(report).toContain('```\nshelf 1\n  box a\n```');
    expect(report).toContain('- order 17 by Ada: tea\n- order 16 by Bea: salt');
    expect(report).not.toContain('_From');
  });
});

test('where every tool failed, a schema is filled with nothing, and the summary says why', async () => {
  const why = 'The ledger of `books/may.csv` has no pages yet.';
  const schema = {
    type: 'object',
    required: ['summary', 'hottest', 'count', 'faults'],
    properties: {
      summary: { type: 'string', description: 'What the ledger shows.' },
      hottest: { type: 'string', description: 'Path of the book with the most faults.' },
      count: { type: 'integer', description: 'Number of faults.' },
      faults: { type: 'array', items: { type: 'string' }, description: 'The faults, one line each.' },
    },
  };
  const result = await generateText({
    model: createOfflineModel(),
    prompt:
      'Study the ledger:\n1. Check the ledger for faults, the top 10 first.\nQuote `books/june.csv` line by line.',
    tools: {
      ledger_check: tool({
        description: checks.description,
        inputSchema: jsonSchema<Args>(checks.schema as Args),
        execute: () => ({ ok: false, text: why }),
      }),
    },
    stopWhen: isStepCount(6),
    output: Output.object({ schema: jsonSchema<Args>(schema as Args) }),
  });
  expect(result.output).toEqual({ summary: why, hottest: '', count: 0, faults: [] });
});
