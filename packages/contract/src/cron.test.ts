// Cron on the clocks of zones: compared with two libraries of other people, and around jumps of the clocks with a walk through
// every second or minute that knows nothing but what clocks show.
import { CronExpressionParser } from 'cron-parser';
import { CronosExpression } from 'cronosjs';
import { expect, test } from 'vitest';
import { checkCron, nextCronInstant } from './cron.ts';
import { findJump, isZone, offsetAt } from './zones.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const zones = [
  ...['UTC', 'Europe/Berlin', 'Europe/London', 'Europe/Dublin', 'Europe/Lisbon', 'Europe/Istanbul', 'Europe/Kyiv'],
  ...['America/New_York', 'America/Chicago', 'America/Los_Angeles', 'America/St_Johns', 'America/Sao_Paulo'],
  ...['America/Santiago', 'America/Havana', 'America/Asuncion', 'America/Nuuk', 'America/Caracas', 'America/Halifax'],
  ...['Australia/Lord_Howe', 'Australia/Sydney', 'Australia/Adelaide', 'Pacific/Auckland', 'Pacific/Chatham'],
  ...['Pacific/Apia', 'Pacific/Norfolk', 'Pacific/Kiritimati', 'Pacific/Easter', 'Antarctica/Troll', 'Africa/Cairo'],
  ...['Africa/Casablanca', 'Asia/Tehran', 'Asia/Beirut', 'Asia/Jerusalem', 'Asia/Kolkata', 'Asia/Kathmandu'],
  ...['Asia/Amman', 'Asia/Gaza', 'Asia/Tokyo', 'Atlantic/Azores', 'Indian/Chagos'],
];

/** The same numbers at every run: a failure can be repeated. */
function makeRandom(seed: number) {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function makeField(random: (below: number) => number, least: number, most: number): string {
  const one = () => least + random(most - least + 1);
  switch (random(5)) {
    case 0:
      return '*';
    case 1:
      return `*/${1 + random(Math.min(20, most))}`;
    case 2: {
      const [a, b] = [one(), one()];
      return `${Math.min(a, b)}-${Math.max(a, b)}`;
    }
    case 3:
      return [...new Set([one(), one(), one()])].sort((a, b) => a - b).join(',');
    default:
      return String(one());
  }
}

function makeExpression(random: (below: number) => number): string {
  const day = random(3) === 0 ? makeField(random, 1, 28) : '*';
  const weekday = day === '*' && random(3) === 0 ? makeField(random, 0, 6) : '*';
  const month = random(4) === 0 ? makeField(random, 1, 12) : '*';
  const fields = [makeField(random, 0, 59), makeField(random, 0, 23), day, month, weekday];
  return (random(4) === 0 ? [makeField(random, 0, 59), ...fields] : fields).join(' ');
}

/** Clocks jump close enough to concern what lies between these. */
function jumpsWithin(zone: string, from: number, to: number): boolean {
  for (let at = from - 2 * dayMs; at < to + 2 * dayMs; at += dayMs)
    if (findJump(zone, at, Math.min(at + dayMs, to + 2 * dayMs)) !== null) return true;
  return false;
}

const nextOfCronParser = (expression: string, tz: string, after: number) =>
  CronExpressionParser.parse(expression, { tz, currentDate: new Date(after) })
    .next()
    .getTime();
const nextOfCronos = (expression: string, timezone: string, after: number) =>
  CronosExpression.parse(expression, { timezone }).nextDate(new Date(after))?.getTime() ?? null;

/** Everything that a field of these tests can say, spelled out. */
function valuesOf(field: string, least: number, most: number): Set<number> {
  const all = Array.from({ length: most - least + 1 }, (_, index) => least + index);
  if (field === '*') return new Set(all);
  if (field.startsWith('*/')) return new Set(all.filter((value) => (value - least) % Number(field.slice(2)) === 0));
  if (field.includes('-')) {
    const [first = 0, last = 0] = field.split('-').map(Number);
    return new Set(all.filter((value) => value >= first && value <= last));
  }
  return new Set(field.split(',').map(Number));
}

/** By what clocks show, moment for moment: the words of the head of cron.ts, and nothing else. */
function walk(expression: string, zone: string, after: number, until: number): number | null {
  const fields = expression.split(' ');
  const hasSeconds = fields.length === 6;
  const [second = '0', minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] = hasSeconds
    ? fields
    : ['0', ...fields];
  const said = [
    [valuesOf(second, 0, 59), (wall: Date) => wall.getUTCSeconds()],
    [valuesOf(minute, 0, 59), (wall: Date) => wall.getUTCMinutes()],
    [valuesOf(hour, 0, 23), (wall: Date) => wall.getUTCHours()],
    [valuesOf(day, 1, 31), (wall: Date) => wall.getUTCDate()],
    [valuesOf(month, 1, 12), (wall: Date) => wall.getUTCMonth() + 1],
    [valuesOf(weekday, 0, 6), (wall: Date) => wall.getUTCDay()],
  ] as const;
  const matches = (wall: number) => said.every(([values, read]) => values.has(read(new Date(wall))));
  const step = hasSeconds ? 1000 : 60_000;
  const isEveryHour = hour === '*' || hour === '*/1';
  let highest = Number.NEGATIVE_INFINITY;
  // Long enough before that the highest time shown so far is known.
  for (let at = Math.floor(after / step) * step - 26 * hourMs; at <= until; at += step) {
    const wall = at + offsetAt(zone, at);
    const isFresh = wall > highest;
    // What clocks leapt over, in front of this moment.
    let leapt = false;
    if (!isEveryHour && highest > 0)
      for (let over = highest + step; over < wall && !leapt; over += step) leapt = matches(over);
    if (at > after && (leapt || (matches(wall) && (isEveryHour || isFresh)))) return at;
    highest = Math.max(highest, wall);
  }
  return null;
}

test('the zones of these tests are known here', () => {
  expect(zones.filter((zone) => !isZone(zone))).toEqual([]);
  expect(new Set(zones).size).toBe(40);
  expect(['Mars/Olympus', '+02:00', '', 'Europe/Nowhere'].filter(isZone)).toEqual([]);
});

test('10,000 random expressions: where clocks do not jump, two other libraries say the same', {
  timeout: 120_000,
}, () => {
  const random = makeRandom(1);
  const wrong: unknown[] = [];
  let compared = 0;
  let around = 0;
  while (compared < 10_000) {
    const expression = makeExpression(random);
    const zone = zones[random(zones.length)] ?? 'UTC';
    const after = Date.UTC(2024 + random(6), random(12), 1 + random(28), random(24), random(60), random(60));
    const own = nextCronInstant(expression, zone, after);
    if (own === null || own - after > 60 * dayMs) continue;
    compared += 1;
    // What is right there is asked of a walk, below.
    if (jumpsWithin(zone, after, own)) {
      around += 1;
      continue;
    }
    const others = [nextOfCronParser(expression, zone, after), nextOfCronos(expression, zone, after)];
    if (others.some((other) => other !== own)) wrong.push({ expression, zone, after, own, others });
  }
  expect(wrong).toEqual([]);
  expect(compared - around).toBeGreaterThan(8_000);
});

/** One moment in each of these years at which the clocks of a zone jump. */
function listJumps(zone: string, years: readonly number[]): number[] {
  return years.flatMap((year) => {
    const found: number[] = [];
    for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += 7 * dayMs) {
      const jump = findJump(zone, at, at + 7 * dayMs);
      if (jump !== null) found.push(jump);
    }
    return found;
  });
}

test('around every kind of jump the next instant is what a walk through every moment finds', {
  timeout: 120_000,
}, () => {
  const random = makeRandom(2);
  const jumps = zones.flatMap((zone) => listJumps(zone, [2011, 2026]).map((jump) => ({ zone, jump })));
  expect(new Set(jumps.map(({ zone, jump }) => offsetAt(zone, jump) - offsetAt(zone, jump - 1))).size).toBeGreaterThan(
    5,
  );
  const wrong: unknown[] = [];
  for (let round = 0; round < 1_500; round += 1) {
    const { zone, jump } = jumps[round % jumps.length] ?? { zone: 'UTC', jump: 0 };
    const expression = [
      makeField(random, 0, 59),
      random(2) === 0 ? '*' : makeField(random, 0, 4),
      ...['*', '*', '*'],
    ].join(' ');
    const after = jump - random(4 * 60) * 60_000 + random(2 * 60) * 60_000 - (random(2) === 0 ? 0 : 500);
    const until = after + 6 * hourMs;
    const own = nextCronInstant(expression, zone, after);
    const walked = walk(expression, zone, after, until);
    if ((own !== null && own <= until ? own : null) !== walked) wrong.push({ expression, zone, after, own, walked });
  }
  expect(wrong).toEqual([]);
});

test('around jumps at least one of the two other libraries agrees, which differ from each other there', () => {
  const random = makeRandom(3);
  const wrong: unknown[] = [];
  let compared = 0;
  for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Sydney', 'America/Santiago', 'Europe/London']) {
    for (const jump of listJumps(zone, [2025, 2026, 2027])) {
      for (let round = 0; round < 40; round += 1) {
        const after = jump - random(300) * 60_000;
        const passing = `${makeField(random, 0, 59)} * * * *`;
        const named = `${random(60)} ${makeField(random, 1, 5).replaceAll('*', '1-5')} * * *`;
        for (const expression of [passing, named]) {
          compared += 1;
          const others = [nextOfCronParser(expression, zone, after), nextOfCronos(expression, zone, after)];
          const own = nextCronInstant(expression, zone, after);
          if (!others.includes(own)) wrong.push({ expression, zone, after, own, others });
        }
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(2_000);
});

test('clocks that jump: named times come once, every hour follows the time that passes', () => {
  const next = (expression: string, zone: string, from: string, count: number) => {
    const found: string[] = [];
    let at: number | null = Date.parse(from);
    while (found.length < count && at !== null) {
      at = nextCronInstant(expression, zone, at);
      if (at !== null) found.push(new Date(at).toISOString().slice(5, 16));
    }
    return found;
  };
  const newYork = 'America/New_York';
  // Clocks leap from 2:00 to 3:00 (7:00 UTC) on 8 March 2026 and go from 2:00 back to 1:00 (6:00 UTC) on 1 November.
  expect(next('30 2 * * *', newYork, '2026-03-07T12:00Z', 2)).toEqual(['03-08T07:00', '03-09T06:30']);
  expect(next('0,30 2,3 * * *', newYork, '2026-03-08T05:00Z', 3)).toEqual([
    '03-08T07:00',
    '03-08T07:30',
    '03-09T06:00',
  ]);
  expect(next('30 1 * * *', newYork, '2026-10-31T12:00Z', 2)).toEqual(['11-01T05:30', '11-02T06:30']);
  expect(next('30 * * * *', newYork, '2026-11-01T05:00Z', 3)).toEqual(['11-01T05:30', '11-01T06:30', '11-01T07:30']);
  expect(next('30 * * * *', newYork, '2026-03-08T06:00Z', 3)).toEqual(['03-08T06:30', '03-08T07:30', '03-08T08:30']);
  // Half an hour, midnight, and a whole day that Samoa left out.
  expect(next('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', 2)).toEqual(['10-03T15:30', '10-04T15:15']);
  expect(next('0 0 * * *', 'Africa/Cairo', '2026-04-23T12:00Z', 2)).toEqual(['04-23T22:00', '04-24T21:00']);
  expect(next('0 12 * * *', 'Pacific/Apia', '2011-12-29T12:00Z', 3)).toEqual([
    '12-29T22:00',
    '12-30T10:00',
    '12-30T22:00',
  ]);
});

test('what cannot be read is refused, field by field', () => {
  const faultsOf = (expression: string) => checkCron(expression).map(({ message }) => message.split(' cannot')[0]);
  expect(checkCron('*/15 9-17 * * MON-FRI')).toEqual([]);
  expect(checkCron('0 0 12 L * *')).toEqual([]);
  expect(faultsOf('61 25 0 13 8')).toEqual([
    'The field for the minute',
    'The field for the hour',
    'The field for the day of month',
    'The field for the month',
    'The field for the day of week',
  ]);
  expect(checkCron('* * *').map(({ rule }) => rule)).toEqual(['cron-fields']);
  expect(checkCron('').map(({ rule }) => rule)).toEqual(['cron-fields']);
  expect(checkCron('* * * * * * *').map(({ rule }) => rule)).toEqual(['cron-fields']);
  expect(checkCron('? * * * *').map(({ rule }) => rule)).toEqual(['cron-field']);
  expect(checkCron(`${'1,'.repeat(5000)}1 * * * *`).map(({ rule }) => rule)).toEqual(['cron-length']);
  expect(checkCron('@daily').map(({ rule }) => rule)).toEqual(['cron-fields']);
});

test('an expression that no day matches has no next instant, and says so soon', () => {
  expect(nextCronInstant('0 0 30 2 *', 'UTC', Date.UTC(2026, 0))).toBeNull();
  expect(nextCronInstant('0 0 31 4,6,9,11 *', 'Europe/Berlin', Date.UTC(2026, 0))).toBeNull();
  expect(nextCronInstant('0 0 29 2 *', 'UTC', Date.UTC(2096, 3))).toBe(Date.UTC(2104, 1, 29));
});
