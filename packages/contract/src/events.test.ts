// Which events belong to which topic, and what subjects and cursors look like.
import { expect, test } from 'vitest';
import { cursorSchema, eventSchema, eventTypes, matchesTopic, subjectSchema } from './events.ts';

const event = { type: 'pipelines.run-ended', subject: 'runs/1', related: ['pipelines/2', 'projects/3'] } as const;
const belongs = (topic: string) => matchesTopic({ ...event, related: [...event.related] }, topic);

test.each(['*', 'pipelines', 'pipelines.run-ended', 'runs/1', 'pipelines/2', 'projects/3'])(
  'it belongs to %s',
  (topic) => {
    expect(belongs(topic)).toBe(true);
  },
);

test.each([
  '',
  'pipeline',
  'pipelines.',
  'pipelines.run',
  'run-ended',
  'runs',
  'runs/',
  'runs/10',
  'agents',
  'projects',
  '**',
])('it does not belong to %j', (topic) => {
  expect(belongs(topic)).toBe(false);
});

test('names of JavaScript are no topics', () => {
  for (const topic of ['__proto__', 'constructor', 'toString', 'length']) expect(belongs(topic)).toBe(false);
});

test('every type of event says whether it may be left out when it repeats', () => {
  for (const [type, kind] of Object.entries(eventTypes)) {
    expect(type).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/);
    expect(['state', 'signal']).toContain(kind);
  }
});

test('whatever tells of a run, a node, a turn or a step is a state and never left out', () => {
  const told = Object.entries(eventTypes).filter(([type]) => /\.(run|node|turn|step|message)-/.test(type));
  expect(told.length).toBeGreaterThan(8);
  expect(told.filter(([, kind]) => kind !== 'state')).toEqual([]);
});

test('subjects and cursors have one form', () => {
  for (const subject of ['runs/1', 'persona-drafts/a.b:c_d-e'])
    expect(subjectSchema.safeParse(subject).success).toBe(true);
  for (const subject of [
    'runs',
    'runs/',
    '/1',
    'Runs/1',
    'runs/a b',
    'runs/a/b',
    `runs/${'x'.repeat(201)}`,
    'runs/1\n',
  ])
    expect(subjectSchema.safeParse(subject).success, subject).toBe(false);
  for (const cursor of ['0-0', '18446744073709551615-1']) expect(cursorSchema.safeParse(cursor).success).toBe(true);
  for (const cursor of ['', '1', '-1-1', '1-1-1', '1-1\n', `${'1'.repeat(21)}-1`, '１-1'])
    expect(cursorSchema.safeParse(cursor).success, cursor).toBe(false);
});

test('an event of a type that does not exist is refused', () => {
  const stored = { ...event, related: [...event.related], at: '2026-01-01T00:00:00Z', actor: null, payload: {} };
  expect(eventSchema.safeParse(stored).success).toBe(true);
  expect(eventSchema.safeParse({ ...stored, type: 'pipelines.exploded' }).success).toBe(false);
  expect(eventSchema.safeParse({ ...stored, extra: 1 }).success).toBe(false);
});
