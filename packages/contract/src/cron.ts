// Cron expressions of five fields (minute to weekday) or six (second first), on the clocks of a time zone.
//
// What happens when clocks jump. An expression for every hour (hour field `*`) follows the time that passes: an hour that
// clocks repeat counts twice, one that they leave out not at all. Any other names times of day, and each named time comes
// once a day: the first of two equal ones, and where clocks leap over it, the moment of the leap.
//
// Croner only ever matches fields, on a calendar without jumps; which instants belong to a match is decided here.
import { Cron } from 'croner';
import type { Fault } from './errors.ts';
import { findJump, instantsOf, offsetAt } from './zones.ts';

const fieldNames = ['second', 'minute', 'hour', 'day of month', 'month', 'day of week'] as const;
const examples = ['0', '*/5', '9-17', '1,15', '*', 'MON-FRI'] as const;
const everyHour = /^(\*|0-23)(\/1)?$/;
const dayMs = 86_400_000;
const longestExpression = 200;

interface Pattern {
  readonly cron: Cron;
  readonly isEveryHour: boolean;
}

// Expressions come from people one after the other: a bounded number is kept parsed.
const parsed = new Map<string, Pattern>();
const maxParsed = 2_000;

function parse(expression: string): Pattern {
  const known = parsed.get(expression);
  if (known) return known;
  const fields = expression.trim().split(/\s+/);
  const cron = new Cron(fields.join(' '), { mode: '5-or-6-parts', utcOffset: 0, paused: true });
  const pattern = { cron, isEveryHour: everyHour.test(fields[fields.length - 4] ?? '') };
  if (parsed.size >= maxParsed) parsed.clear();
  parsed.set(expression, pattern);
  return pattern;
}

/** Every fault of the form. An empty list: it can be asked for its next instant. */
export function checkCron(expression: string): Omit<Fault, 'at'>[] {
  const fields = expression.trim().split(/\s+/);
  const example = '*/15 9-17 * * MON-FRI';
  if (expression.length > longestExpression) {
    const message = `The expression is longer than ${longestExpression} characters.`;
    return [{ rule: 'cron-length', message, example }];
  }
  if (fields.length !== 5 && fields.length !== 6) {
    const message = `A cron expression has 5 fields (minute, hour, day of month, month, day of week), or 6 with the second first. This one has ${fields[0] === '' ? 0 : fields.length}.`;
    return [{ rule: 'cron-fields', message, got: expression.slice(0, 80), example }];
  }
  const offset = 6 - fields.length;
  const faults = fields.flatMap((field, index): Omit<Fault, 'at'>[] => {
    const place = index + offset;
    const others = fields.map((_, other) => (other === index ? field : '*')).join(' ');
    const cause = field.includes('?') ? 'a question mark says nothing here: use *' : faultOf(others);
    if (cause === null) return [];
    const message = `The field for the ${fieldNames[place]} cannot be read: ${cause}.`;
    return [{ rule: 'cron-field', message, got: field.slice(0, 80), example: examples[place] }];
  });
  if (faults.length > 0) return faults;
  const cause = faultOf(fields.join(' '));
  return cause === null
    ? []
    : [{ rule: 'cron-field', message: `The expression cannot be read: ${cause}.`, got: expression, example }];
}

function faultOf(expression: string): string | null {
  try {
    parse(expression);
    return null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message.replace(/^CronPattern: /, '').replace(/\.$/, '');
  }
}

/** The next wall time that matches; null: there is none, ever. */
function nextWall({ cron }: Pattern, after: number): number | null {
  return cron.nextRun(new Date(after))?.getTime() ?? null;
}

/** The first instant after `after`, in milliseconds; null: it never comes. Throws for what `checkCron` refuses. */
export function nextCronInstant(expression: string, zone: string, after: number): number | null {
  const pattern = parse(expression);
  return pattern.isEveryHour ? nextPassing(pattern, zone, after) : nextNamed(pattern, zone, after);
}

function nextNamed(pattern: Pattern, zone: string, after: number): number | null {
  let wall = nextWall(pattern, after + offsetAt(zone, after));
  while (wall !== null) {
    const { at, jump } = instantsOf(zone, wall);
    const instant = at[0] ?? jump;
    if (instant !== null && instant > after) return instant;
    // In the second pass of an hour that clocks repeat: its times had their turn in the first.
    wall = nextWall(pattern, wall);
  }
  return null;
}

function nextPassing(pattern: Pattern, zone: string, after: number): number | null {
  const offset = offsetAt(zone, after);
  let wall = nextWall(pattern, after + offset);
  let found: number | null = null;
  while (wall !== null && found === null) {
    found = instantsOf(zone, wall).at.find((instant) => instant > after) ?? null;
    if (found === null) wall = nextWall(pattern, wall);
  }
  // Clocks that are set back soon show times again that lie behind the one that they show now.
  const jump = findJump(zone, after, Math.min(found ?? Number.POSITIVE_INFINITY, after + dayMs));
  if (jump === null) return found;
  const again = nextWall(pattern, jump + offsetAt(zone, jump) - 1);
  const instant = again === null ? undefined : instantsOf(zone, again).at.find((one) => one >= jump);
  return instant === undefined || (found !== null && found < instant) ? found : instant;
}
