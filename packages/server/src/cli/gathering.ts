// The program `gathering`: finds the command, runs it, and turns what goes wrong into one sentence and an exit code.
// 0: done. 1: it did not work. 2: the command line or a file that it names is at fault.
import { ApiError } from '@gathering/contract/client';
import { AppError } from '@gathering/contract/errors';
import { AddressFault } from '../boot/address-fault.ts';
import { ConfigFaults } from '../platform/config.ts';
import { DatabaseUnavailable, DataFolderBusy, DataFolderFault } from '../platform/db/database.ts';
import { MigrationRefused } from '../platform/db/migrate.ts';
import { SecretKeyFault } from '../platform/secrets.ts';
import { type Command, CommandFailure, describeCommand, readCommandLine, UsageFault } from './command.ts';

/** Loaded when asked for: `--help` must not wait for a database engine. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand,
  run: async () => (await import('./run.ts')).runCommand,
  migrate: async () => (await import('./migrate.ts')).migrateCommand,
  audit: async () => (await import('./audit.ts')).auditCommand,
  secrets: async () => (await import('./secrets.ts')).secretsCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
};

async function describeProgram(): Promise<string> {
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  const lines = all.map((command) => `  ${command.name.padEnd(10)}${command.summary}`);
  return [
    'GatheRing: teams of AI agents that work through durable pipelines on your own machine.',
    '',
    'Usage: gathering <command> [options]',
    '',
    'Commands:',
    ...lines,
    '',
    '`gathering <command> --help` explains one. Settings come from the environment: see docs/config.md.',
    '',
  ].join('\n');
}

const sentences = [
  AddressFault,
  CommandFailure,
  ConfigFaults,
  DatabaseUnavailable,
  DataFolderBusy,
  DataFolderFault,
  MigrationRefused,
  SecretKeyFault,
  ApiError,
  AppError,
];

/** Sets the exit code of the process; never throws. */
export async function runProgram(args: readonly string[], env: Record<string, string | undefined>): Promise<void> {
  try {
    process.exitCode = await dispatch(args, env);
  } catch (error) {
    if (error instanceof UsageFault) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 2;
      return;
    }
    const isExpected = sentences.some((kind) => error instanceof kind);
    process.stderr.write(
      isExpected && error instanceof Error
        ? `${error.message}\n`
        : `gathering failed in a way that is a fault of its own:\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}

async function dispatch(args: readonly string[], env: Record<string, string | undefined>): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(await describeProgram());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    const { readVersion } = await import('../boot/version.ts');
    process.stdout.write(`${readVersion()}\n`);
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined)
    throw new UsageFault(`There is no command "${name}". Commands: ${Object.keys(commands).join(', ')}.`);
  const command = await load();
  const input = readCommandLine(command, rest, env);
  if (input.flags.has('help')) {
    process.stdout.write(describeCommand(command));
    return 0;
  }
  return command.run(input);
}
