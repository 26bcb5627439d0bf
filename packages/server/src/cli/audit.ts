// `gathering audit`: verifies the chain over the audit record, or writes the record to a file; through the server where
// one holds the data folder, else directly.
import { open, rename, rm } from 'node:fs/promises';
import { type AuditVerdict, auditFilter, exportAuditRoute, verifyAuditRoute } from '@gathering/contract/audit';
import { systemActor } from '../boot/make-ctx.ts';
import {
  type ExportCtx,
  exportEntries,
  type Mark,
  parseMark,
  verifyAudit,
  writeMark,
} from '../features/audit/index.ts';
import { readConfig } from '../platform/config.ts';
import { randomToken } from '../platform/tokens.ts';
import { type Command, CommandFailure, type CommandInput, UsageFault } from './command.ts';
import { findHoldingServer, type HoldingServer } from './find-server.ts';
import { type BareGround, withGround } from './with-ground.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);
const filterNames = ['action', 'actor', 'object', 'result', 'from', 'to'] as const;
const usage = [
  'gathering audit verify [--expect <position>:<hash>] [--json]',
  '       gathering audit export --output <file> [--action ...] [--actor ...] [--object ...] [--result ...] [--from ...] [--to ...]',
].join('\n');

export const auditCommand: Command = {
  name: 'audit',
  summary: 'Verify the audit record, or export it as JSON lines.',
  usage,
  positionals: { min: 1, max: 1 },
  options: [
    {
      name: 'expect',
      value: 'position:hash',
      description: 'verify: a head that was kept elsewhere; detects a cut end.',
    },
    { name: 'json', description: 'verify: the verdict as JSON.' },
    { name: 'output', value: 'file', description: 'export: where to write the lines.' },
    { name: 'action', value: 'name', description: 'export: only this action.' },
    { name: 'actor', value: 'kind/id', description: 'export: only what this one did.' },
    { name: 'object', value: 'kind/id', description: 'export: only what was done to this.' },
    { name: 'result', value: 'result', description: 'export: only done, refused or failed.' },
    {
      name: 'from',
      value: 'time',
      description: 'export: not earlier than this instant, such as 2026-01-31T00:00:00Z.',
    },
    { name: 'to', value: 'time', description: 'export: earlier than this instant.' },
  ],
  run: async (input) => {
    const [what] = input.positionals;
    if (what === 'verify') return verify(input);
    if (what === 'export') return exportTo(input);
    throw new UsageFault(`There is no "gathering audit ${what}". See \`gathering audit --help\`.`);
  },
};

async function verify(input: CommandInput): Promise<number> {
  refuseForeign(input, ['expect']);
  const given = input.values.get('expect')?.[0];
  const expect = given === undefined ? undefined : parseMark(given);
  if (expect === null) throw new UsageFault('--expect is <position>:<hash>, as `gathering audit verify` prints it.');
  const config = readConfig(input.env);
  const server = await findHoldingServer(config);
  const verdict =
    server === undefined
      ? await withGround(config, (ground) => verifyAll((after) => verifyHere(ground, after, expect)))
      : await verifyAll((after) => verifyThere(server, after, expect));
  if (input.flags.has('json')) say(JSON.stringify(verdict, null, 2));
  else describe(verdict);
  return verdict.status === 'whole' ? 0 : 1;
}

/** Goes on from piece to piece; the last verdict, with the count of all. */
async function verifyAll(ask: (after: Mark | undefined) => Promise<AuditVerdict>): Promise<AuditVerdict> {
  let checked = 0;
  for (let after: Mark | undefined; ; ) {
    const verdict = await ask(after);
    checked += verdict.checked;
    if (verdict.status !== 'unfinished') return { ...verdict, checked };
    after = parseMark(verdict.next ?? '') ?? undefined;
  }
}

function verifyHere({ database }: BareGround, after: Mark | undefined, expect: Mark | undefined) {
  return verifyAudit({ database, signal: new AbortController().signal }, { after, expect, withinMs: 60_000 });
}

function verifyThere({ call }: HoldingServer, after: Mark | undefined, expect: Mark | undefined) {
  const text = (mark: Mark | undefined) => (mark === undefined ? undefined : writeMark(mark));
  return call(verifyAuditRoute, { body: { after: text(after), expect: text(expect) } });
}

function describe({ status, checked, position, hash, fault, unsealed }: AuditVerdict): void {
  if (fault !== null) {
    say(`The audit is broken at position ${fault.position}: ${fault.message}`);
    say(`  what: ${fault.what}${fault.entryId === null ? '' : `\n  entry: ${fault.entryId}`}`);
    say(`Whole up to position ${position}.`);
  }
  if (status === 'whole') say(`The audit is whole: ${checked} entries, each as it was sealed.`);
  if (unsealed.count === 0) say('Nothing is unsealed.');
  else say(`Not sealed yet: ${unsealed.count} entries, the oldest of ${unsealed.oldestAt}.`);
  if (status === 'whole') say(`Head, to be kept elsewhere: ${writeMark({ position, hash })}`);
}

async function exportTo(input: CommandInput): Promise<number> {
  refuseForeign(input, ['output', ...filterNames]);
  const file = input.values.get('output')?.[0];
  if (file === undefined) throw new UsageFault('--output is missing: name the file that the lines are written to.');
  const given = Object.fromEntries(filterNames.map((name) => [name, input.values.get(name)?.[0]]));
  const filter = auditFilter.safeParse(given);
  if (!filter.success) {
    const [issue] = filter.error.issues;
    throw new UsageFault(`--${String(issue?.path[0])} does not fit: ${issue?.message}.`);
  }
  const config = readConfig(input.env);
  const server = await findHoldingServer(config);
  const lines =
    server === undefined
      ? await withGround(config, async (ground) => {
          const ctx = makeCtxOf(ground);
          return writeFileOf(file, await exportEntries(ctx, filter.data));
        })
      : await writeFileOf(file, readText(await server.call(exportAuditRoute, { query: filter.data })));
  say(`${lines} entries were written to ${file}.`);
  return 0;
}

function makeCtxOf({ database, clock, ids }: BareGround): ExportCtx {
  return {
    database,
    clock,
    ids,
    actor: systemActor('command-line'),
    requestId: null,
    signal: new AbortController().signal,
    tx: (run) => database.transaction(run),
  };
}

async function* readText(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const bytes of stream) yield decoder.decode(bytes, { stream: true });
}

/** Whole or not at all; answers how many lines. Others than its owner cannot read it. */
async function writeFileOf(path: string, pieces: AsyncIterable<string>): Promise<number> {
  const fresh = `${path}.${randomToken(6)}`;
  let lines = 0;
  try {
    const file = await open(fresh, 'wx', 0o600).catch((cause: Error) => {
      throw new CommandFailure(`${path} cannot be written: ${cause.message}.`, { cause });
    });
    try {
      for await (const piece of pieces) {
        await file.write(piece);
        lines += piece.split('\n').length - 1;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    return lines;
  } finally {
    await rm(fresh, { force: true });
  }
}

function refuseForeign(input: CommandInput, allowed: readonly string[]): void {
  const foreign = [...input.values.keys()].find((name) => !allowed.includes(name));
  if (foreign !== undefined)
    throw new UsageFault(`--${foreign} does not belong to this. See \`gathering audit --help\`.`);
}
