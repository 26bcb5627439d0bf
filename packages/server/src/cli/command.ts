// What a command of the program is, and how its options are read: unknown ones are refused, --help is everywhere.
import { parseArgs } from 'node:util';

export interface Option {
  readonly name: string;
  readonly value?: string;
  readonly multiple?: boolean;
  readonly description: string;
}

export interface CommandInput {
  readonly positionals: readonly string[];
  /** Values of options that take one; the last wins unless `multiple`. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly flags: ReadonlySet<string>;
  readonly env: Record<string, string | undefined>;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly positionals: { readonly min: number; readonly max: number };
  readonly options: readonly Option[];
  /** Answers the exit code. */
  run(input: CommandInput): Promise<number>;
}

/** What the person typed cannot be carried out: exit code 2. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault';
}

/** Something outside of the person's words stands in the way, said in a sentence with its mend: exit code 1. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

export function readCommandLine(command: Command, args: readonly string[], env: CommandInput['env']): CommandInput {
  const types = Object.fromEntries(
    command.options.map((option) => [
      option.name,
      {
        type: option.value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: option.value !== undefined,
      },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({
      args: [...args],
      options: { ...types, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    const words = error instanceof Error ? error.message.split('. To specify')[0] : String(error);
    throw new UsageFault(`${words}. See \`gathering ${command.name} --help\`.`, { cause: error });
  }
  const values = new Map<string, readonly string[]>();
  const flags = new Set<string>();
  for (const [name, value] of Object.entries(parsed.values)) {
    if (value === true) flags.add(name);
    if (Array.isArray(value)) values.set(name, value.map(String));
  }
  for (const option of command.options) {
    if ((values.get(option.name)?.length ?? 0) > 1 && !option.multiple)
      throw new UsageFault(`--${option.name} was given more than once.`);
  }
  const { min, max } = command.positionals;
  const count = parsed.positionals.length;
  if (!flags.has('help') && count < min) throw new UsageFault(`Something is missing: ${command.usage}`);
  if (count > max) throw new UsageFault(`"${parsed.positionals[max]}" is one word too many: ${command.usage}`);
  return { positionals: parsed.positionals, values, flags, env };
}

export function describeCommand(command: Command): string {
  const left = (option: Option) => `  --${option.name}${option.value === undefined ? '' : ` <${option.value}>`}`;
  const options = [...command.options, { name: 'help', description: 'Show this.' }];
  const width = Math.max(...options.map((option) => left(option).length)) + 2;
  return [
    `${command.summary}`,
    '',
    `Usage: ${command.usage}`,
    '',
    'Options:',
    ...options.map((option) => left(option).padEnd(width) + option.description),
    '',
  ].join('\n');
}
