// `gathering run`: one pipeline file, from start to result, in this process or through the server that holds
// the data folder. Cut off and started again with the same words, it goes on with the same run.
import { readFile, writeFile } from 'node:fs/promises';
import type { Fault } from '@gathering/contract/errors';
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { endedStatuses, type Run } from '@gathering/contract/pipelines';
import { checkSchemas, locateFaults, parseDefinition, sortFaults } from '../features/pipelines/index.ts';
import { type Config, readConfig } from '../platform/config.ts';
import { checkOutput, checkProject } from './check-places.ts';
import { type Command, CommandFailure, type CommandInput, UsageFault } from './command.ts';
import { findKnownNames } from './find-known-names.ts';
import { openRunHost, type RunHost } from './run-host.ts';
import { createProgress } from './show-progress.ts';

const pollMs = 150;

export const runCommand: Command = {
  name: 'run',
  summary: 'Run a pipeline file to its end and write its result.',
  usage: 'gathering run <pipeline file> [--input key=value]... [--project <folder>] [--output <file>]',
  positionals: { min: 1, max: 1 },
  options: [
    {
      name: 'input',
      value: 'key=value',
      multiple: true,
      description: "A value of the run's input; may be given several times.",
    },
    { name: 'project', value: 'folder', description: 'Folder that file and git tools work in.' },
    { name: 'output', value: 'file', description: 'Write the result there; to the terminal otherwise.' },
    { name: 'new', description: 'Start a new run even if the same one was cut off before.' },
    { name: 'json', description: 'The result is the whole run as JSON.' },
    { name: 'quiet', description: 'No progress, only the result.' },
  ],
  run: async (input) => {
    const file = input.positionals[0] ?? '';
    const config = readConfig(input.env);
    const text = await readPipelineFile(file);
    const definition = await readDefinition(file, text, config);
    const runInput = readInput(input.values.get('input') ?? [], definition);
    const [project, output] = [input.values.get('project')?.[0], input.values.get('output')?.[0]];
    const folder = project === undefined ? null : await checkProject(config, project);
    if (output !== undefined) await checkOutput(output);
    const host = await openRunHost(config);
    try {
      const request = {
        definition,
        input: runInput,
        folder,
        fresh: input.flags.has('new'),
      };
      const started = await host.start(request);
      if (started.kind === 'faults') throw new UsageFault(describeFaults(file, locateFaults(text, started.faults)));
      const run = await follow(host, started.runId, started.isContinued, input);
      return await finish(run, input);
    } finally {
      await host.close();
    }
  },
};

async function readPipelineFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const why = unreadable[code] ?? (cause instanceof Error ? cause.message : String(cause));
    throw new UsageFault(`The pipeline file ${file} cannot be read: ${why}.`, { cause });
  }
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
};

/** A file with faults is refused with those that only the installation knows of, such as an agent that it does not have. */
async function readDefinition(file: string, text: string, config: Config): Promise<PipelineDefinition> {
  const { definition, legible, faults } = parseDefinition(text, {});
  const ofSchemas = locateFaults(text, await checkSchemas(legible));
  if (definition !== null && faults.length + ofSchemas.length === 0) return definition;
  const known = parseDefinition(text, await findKnownNames(config)).faults;
  throw new UsageFault(describeFaults(file, sortFaults([...known, ...ofSchemas])));
}

function describeFaults(file: string, faults: readonly Fault[]): string {
  const placeOf = (fault: Fault) =>
    fault.in === 'input' ? '--input' : `${file}:${fault.line ?? 1}:${fault.column ?? 1}`;
  const lines = faults.map((fault) => `${placeOf(fault)}: ${fault.message}`);
  return [
    ...lines,
    faults.length === 1 ? '1 fault; nothing was run.' : `${faults.length} faults; nothing was run.`,
  ].join('\n');
}

function readInput(pairs: readonly string[], definition: PipelineDefinition): Json {
  const schema = definition.nodes.find((node) => node.type === 'trigger')?.config.input;
  const properties =
    schema !== null && typeof schema === 'object' && !Array.isArray(schema) ? schema.properties : undefined;
  const input: { [key: string]: Json } = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at <= 0) throw new UsageFault(`--input ${pair}: expected key=value, for example --input branch=main.`);
    const key = pair.slice(0, at);
    const property =
      properties !== null && typeof properties === 'object' && !Array.isArray(properties) ? properties[key] : undefined;
    const isText =
      property !== null && typeof property === 'object' && !Array.isArray(property) && property.type === 'string';
    input[key] = isText ? pair.slice(at + 1) : readValue(pair.slice(at + 1));
  }
  return input;
}

/** `3`, `true` and `[1,2]` mean what they mean in JSON; anything else is text. */
function readValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not JSON, so it is the text itself.
    return text;
  }
}

async function follow(host: RunHost, runId: string, isContinued: boolean, { flags }: CommandInput): Promise<Run> {
  const progress = createProgress({ quiet: flags.has('quiet'), stream: process.stderr });
  const interrupted = Promise.withResolvers<never>();
  const interrupt = () =>
    interrupted.reject(new CommandFailure(`Interrupted. The run ${runId} is kept: the same command goes on with it.`));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  interrupted.promise.catch(() => undefined);
  try {
    if (isContinued) progress.note(`Going on with run ${runId}, which was cut off. (--new starts afresh.)`);
    for (;;) {
      const run = await Promise.race([host.read(runId), interrupted.promise]);
      progress.show(run);
      if (endedStatuses.includes(run.status)) return run;
      const undecided = run.nodes.find((node) => node.waitingFor?.kind === 'decision');
      if (undecided)
        throw new CommandFailure(
          `The run waits for your decision at "${undecided.name}": ${undecided.waitingFor?.question ?? ''}\nStart the server and open /runs/${runId} to decide; the run goes on from there.`,
        );
      const asked = run.nodes.find((node) => node.waitingFor?.kind === 'approval');
      if (asked)
        throw new CommandFailure(
          `The run waits for an approval at "${asked.name}".\nStart the server and open /approvals to decide; the run goes on from there.`,
        );
      await Promise.race([host.changed(runId, pollMs), interrupted.promise]);
    }
  } finally {
    progress.end();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

async function finish(run: Run, { values, flags }: CommandInput): Promise<number> {
  if (run.status !== 'completed') {
    const where = run.error?.nodeId ? ` at node "${run.error.nodeId}"` : '';
    throw new CommandFailure(
      `The run ended as ${run.status}${where}: ${run.error?.message ?? 'no cause was given'}${run.error?.next ? `\n${run.error.next}` : ''}`,
    );
  }
  const result = flags.has('json') ? `${JSON.stringify(run, null, 2)}\n` : writeResult(run.output);
  const output = values.get('output')?.[0];
  if (output === undefined) {
    process.stdout.write(result);
    return 0;
  }
  try {
    await writeFile(output, result);
  } catch (cause) {
    throw new CommandFailure(
      `The run completed, but its result could not be written to ${output}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  process.stderr.write(`The result is in ${output}.\n`);
  return 0;
}

/** The text of the only last node that has one; otherwise all outputs as JSON. */
function writeResult(output: Json): string {
  const texts =
    output !== null && typeof output === 'object' && !Array.isArray(output)
      ? Object.values(output).flatMap((one) =>
          one !== null && typeof one === 'object' && !Array.isArray(one) && typeof one.text === 'string'
            ? [one.text]
            : [],
        )
      : [];
  if (texts.length === 1) return `${(texts[0] ?? '').trimEnd()}\n`;
  return `${JSON.stringify(output, null, 2)}\n`;
}
