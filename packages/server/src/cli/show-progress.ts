// Progress of a run: redrawn in place on a terminal, plain lines otherwise.
import type { NodeRun, Run } from '@gathering/contract/pipelines';

export interface Progress {
  show(run: Run): void;
  note(text: string): void;
  end(): void;
}

const marks: Readonly<Record<string, string>> = {
  pending: '·',
  running: '▶',
  waiting: '⏸',
  completed: '✓',
  failed: '✗',
  skipped: '–',
  cancelled: '■',
  timed_out: '✗',
};

function duration(node: NodeRun, now: number): string {
  if (node.startedAt === null) return '';
  const ms = (node.endedAt === null ? now : Date.parse(node.endedAt)) - Date.parse(node.startedAt);
  return ms < 1000 ? `${Math.max(0, ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function describe(node: NodeRun, width: number, now: number): string {
  const tokens = node.inputTokens + node.outputTokens;
  const more = [
    duration(node, now),
    tokens > 0 ? `${tokens} tokens` : '',
    node.error?.message ?? '',
    node.waitingFor?.until ? `until ${node.waitingFor.until}` : '',
  ].filter((part) => part !== '');
  return `${marks[node.status] ?? ' '} ${node.name.padEnd(width)}  ${node.status.padEnd(9)} ${more.join('  ')}`.trimEnd();
}

export function createProgress({ quiet, stream }: { quiet: boolean; stream: NodeJS.WriteStream }): Progress {
  if (quiet) return { show: () => undefined, note: () => undefined, end: () => undefined };
  return stream.isTTY ? createTerminalProgress(stream) : createPlainProgress(stream);
}

function createPlainProgress(stream: NodeJS.WriteStream): Progress {
  const last = new Map<string, string>();
  let isFirst = true;
  return {
    note: (text) => void stream.write(`${text}\n`),
    show: (run) => {
      if (isFirst) stream.write(`Run ${run.id}: ${run.pipelineName}\n`);
      isFirst = false;
      for (const node of run.nodes) {
        if (last.get(node.id) === node.status || (node.status === 'pending' && !last.has(node.id))) continue;
        last.set(node.id, node.status);
        stream.write(`${describe(node, 0, Date.now())}\n`);
      }
    },
    end: () => undefined,
  };
}

function createTerminalProgress(stream: NodeJS.WriteStream): Progress {
  let drawn = 0;
  return {
    note: (text) => void stream.write(`${text}\n`),
    show: (run) => {
      const width = Math.min(40, Math.max(...run.nodes.map((node) => node.name.length)));
      const room = Math.max(3, (stream.rows ?? 24) - 2);
      const now = Date.now();
      // What does not fit is summed up: the newest news matter, not the tail of a long list.
      const busy =
        run.nodes.length > room
          ? run.nodes.filter((node) => node.status !== 'pending' && node.status !== 'skipped').slice(-(room - 1))
          : run.nodes;
      const lines = [
        `${run.pipelineName}  ${run.status}  ${run.nodesDone}/${run.nodesTotal}`,
        ...busy.map((node) => describe(node, width, now)),
      ];
      const cut = lines.map((line) => line.slice(0, (stream.columns ?? 80) - 1));
      stream.write(
        `${drawn > 0 ? `\u001b[${drawn}A` : ''}${cut.map((line) => `\u001b[2K${line}`).join('\n')}\n\u001b[0J`,
      );
      drawn = cut.length;
    },
    end: () => {
      drawn = 0;
    },
  };
}
