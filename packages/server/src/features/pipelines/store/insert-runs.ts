// SQL of new runs: a fixed number of statements for any number of runs and nodes.
import type { Json } from '@gathering/contract/json';
import type { PipelineNode } from '@gathering/contract/pipeline-definition';
import { arrayText } from '../../../platform/db/array-text.ts';
import type { Tx } from '../../../platform/db/database.ts';
import type { Layout } from '../layouts.ts';
import { policyOf } from '../node-policy.ts';
import type { RunControls } from '../read-controls.ts';
import type { ParentOf } from '../resume-parents.ts';
import { inlineQueueOf, type LaidOutNode, startAfterOf } from '../rules.ts';
import { jsonText } from './json-text.ts';

/** When the time of a run is over, and the job that ends it then. */
export interface Deadline {
  readonly at: Date;
  readonly jobId: string;
}

export interface NewRun {
  readonly id: string;
  readonly pipelineId: string | null;
  readonly pipelineVersion: number | null;
  readonly triggerId: string | null;
  readonly causeDepth: number;
  readonly layout: Layout;
  readonly projectId: string | null;
  readonly actorId: string;
  readonly scopes: readonly string[] | null;
  readonly input: Json;
  readonly output: Json;
  readonly fingerprint: string | null;
  readonly status: 'pending' | 'running' | 'completed';
  readonly controls: RunControls;
  /** Null: its clock does not run. */
  readonly deadline: Deadline | null;
  readonly forkedFrom: { readonly runId: string; readonly nodeId: string } | null;
  readonly onlyNode: string | null;
  readonly scope: Json;
  readonly begins: readonly FirstWork[];
  /** Waits for its turn. */
  readonly isHeld: boolean;
  /** Of a sub-run: what began it, and where it stands. */
  readonly parent: (ParentOf & { readonly rootRunId: string; readonly depth: number }) | null;
  readonly at: Date;
}

/** What begins with a run. */
export interface FirstWork {
  readonly node: PipelineNode;
  readonly jobId: string;
  /** Of an agent. */
  readonly turnId: string | null;
  /** Of a delay. */
  readonly waitingUntil: Date | null;
}

export function insertRuns(tx: Tx, runs: readonly NewRun[]): Promise<unknown> {
  return tx.query(
    `insert into pipeline.runs (id, pipeline_id, pipeline_name, project_id, actor_id, status, nodes_total, nodes_done, open_nodes, fingerprint, created_at, started_at, ended_at, scopes,
         pipeline_version, trigger_id, cause_depth, parent_run_id, parent_node_id, parent_item, parent_job_id, root_run_id, depth,
         priority, timeout_seconds, deadline_at, deadline_job_id, concurrency_key, concurrency_group, concurrency_limit, forked_from_run, forked_from_node, only_node)
       select id, pipeline_id, pipeline_name, project_id, actor_id, status, nodes_total, nodes_total - open_nodes, open_nodes, fingerprint, at, case when status <> 'pending' then at end, case when status = 'completed' then at end, string_to_array(scopes, ' '),
              pipeline_version, trigger_id, cause_depth, parent_run_id, parent_node_id, parent_item, parent_job_id, root_run_id, depth,
              priority, timeout_seconds, deadline_at, deadline_job_id, concurrency_key, concurrency_group, concurrency_limit, forked_from_run, forked_from_node, only_node
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::int[], $8::int[], $9::text[], $10::timestamptz[], $11::text[],
                     $12::int[], $13::uuid[], $14::int[], $15::uuid[], $16::text[], $17::int[], $18::uuid[], $19::uuid[], $20::int[],
                     $21::int[], $22::float8[], $23::timestamptz[], $24::uuid[], $25::text[], $26::text[], $27::int[], $28::uuid[], $29::text[], $30::text[])
           as r(id, pipeline_id, pipeline_name, project_id, actor_id, status, nodes_total, open_nodes, fingerprint, at, scopes,
                pipeline_version, trigger_id, cause_depth, parent_run_id, parent_node_id, parent_item, parent_job_id, root_run_id, depth,
                priority, timeout_seconds, deadline_at, deadline_job_id, concurrency_key, concurrency_group, concurrency_limit, forked_from_run, forked_from_node, only_node)`,
    [
      runs.map((run) => run.id),
      runs.map((run) => run.pipelineId),
      runs.map((run) => run.layout.definition.name),
      runs.map((run) => run.projectId),
      runs.map((run) => run.actorId),
      runs.map((run) => run.status),
      runs.map((run) => run.layout.nodes.length),
      runs.map((run) => run.layout.openNodes),
      runs.map((run) => run.fingerprint),
      runs.map((run) => run.at),
      runs.map((run) => run.scopes?.join(' ') ?? null),
      runs.map((run) => run.pipelineVersion),
      runs.map((run) => run.triggerId),
      runs.map((run) => run.causeDepth),
      runs.map((run) => run.parent?.runId ?? null),
      runs.map((run) => run.parent?.nodeId ?? null),
      runs.map((run) => run.parent?.item ?? null),
      runs.map((run) => run.parent?.jobId ?? null),
      runs.map((run) => run.parent?.rootRunId ?? null),
      runs.map((run) => run.parent?.depth ?? 0),
      runs.map((run) => run.controls.priority),
      runs.map((run) => run.controls.timeoutSeconds),
      runs.map((run) => run.deadline?.at ?? null),
      runs.map((run) => run.deadline?.jobId ?? null),
      runs.map((run) => run.controls.concurrencyKey),
      runs.map((run) => run.controls.group),
      runs.map((run) => run.controls.concurrencyLimit),
      runs.map((run) => run.forkedFrom?.runId ?? null),
      runs.map((run) => run.forkedFrom?.nodeId ?? null),
      runs.map((run) => run.onlyNode),
    ],
  );
}

/** Their bodies and nodes, for runs that begin alike. */
export function insertBodies(tx: Tx, layout: Layout, runs: readonly NewRun[]): Promise<unknown> {
  const bodies = tx.query(
    `insert into pipeline.run_bodies (run_id, definition, input, output, scope)
     select id, $2::jsonb, coalesce(input, 'null'), output, scope from unnest($1::uuid[], $3::jsonb[], $4::jsonb[], $5::jsonb[]) as b(id, input, output, scope)`,
    [
      runs.map((run) => run.id),
      layout.definitionText,
      runs.map((run) => jsonText(run.input)),
      runs.map((run) => jsonText(run.output)),
      runs.map((run) => jsonText(run.scope)),
    ],
  );
  return Promise.all([bodies, insertNodeRuns(tx, layout, runs)]);
}

/**
 * A row for each node of each run: what the layout says of the node, once, and what is the run's own. The jobs and turns of
 * nodes that begin later have ids already, which nobody needs to know before.
 */
function insertNodeRuns(tx: Tx, layout: Layout, runs: readonly NewRun[]): Promise<unknown> {
  const turns = layout.ready.filter(({ node }) => node.type === 'agent').length;
  return tx.query(
    `insert into pipeline.node_runs (run_id, node_id, position, type, name, config, children, child_when, status, waiting_for, live_parents, job_id, turn_id, output, waiting_kind, waiting_until, started_at, ended_at, inline_queue, policy, needs, parked, copied, branch)
     select r.run_id, n.node_id, n.position, n.type, n.name, n.config, n.children::text[], n.child_when::text[],
            case when waits then 'waiting' else n.status end, n.waiting_for, n.live_parents,
            coalesce(($5::uuid[])[(r.place - 1) * $7::int + n.job_place], gen_random_uuid()),
            case when n.type = 'agent' then coalesce(($6::uuid[])[(r.place - 1) * $8::int + n.turn_place], gen_random_uuid()) end,
            case when n.gives_input then r.input else n.output end,
            case when waits then 'time' end, case when waits then r.at + n.delay_ms * interval '1 millisecond' end,
            case when waits or n.status not in ('pending', 'skipped') then r.at end, case when n.status <> 'pending' then r.at end,
            n.inline_queue, n.policy, n.needs, r.held and n.job_place is not null, n.copied, n.branch
       from unnest($1::uuid[], $2::jsonb[], $3::timestamptz[], $4::boolean[]) with ordinality as r(run_id, input, at, held, place),
            unnest($9::text[], $10::int[], $11::text[], $12::text[], $13::jsonb[], $14::text[], $15::text[], $16::text[], $17::int[], $18::int[], $19::int[], $20::int[], $21::boolean[], $22::jsonb[], $23::float8[], $24::text[], $25::jsonb[], $26::int[], $27::boolean[], $28::text[])
              as n(node_id, position, type, name, config, children, child_when, status, waiting_for, live_parents, job_place, turn_place, gives_input, output, delay_ms, inline_queue, policy, needs, copied, branch),
            lateral (select n.delay_ms is not null and not r.held as waits) as w`,
    [
      runs.map((run) => run.id),
      runs.map((run) => jsonText(run.input)),
      runs.map((run) => run.at),
      runs.map((run) => run.isHeld),
      runs.flatMap((run) => run.begins.map(({ jobId }) => jobId)),
      runs.flatMap((run) => run.begins.flatMap(({ turnId }) => turnId ?? [])),
      layout.ready.length,
      turns,
      ...columnsOf(layout),
    ],
  );
}

const columns = new WeakMap<Layout, readonly unknown[]>();

/** Nodes as one list for each column; as texts, since most layouts are used again and again. */
function columnsOf(layout: Layout): readonly unknown[] {
  const known = columns.get(layout) ?? makeColumns(layout);
  columns.set(layout, known);
  return known;
}

function makeColumns({ nodes, ready }: Layout): readonly unknown[] {
  const jobPlaces = placesOf(ready);
  const turnPlaces = placesOf(ready.filter(({ node }) => node.type === 'agent'));
  const lists: unknown[][] = [
    nodes.map(({ node }) => node.id),
    nodes.map((_, position) => position),
    nodes.map(({ node }) => node.type),
    nodes.map(({ node }) => node.name ?? node.id),
    nodes.map(({ node }) => JSON.stringify(node.config)),
    // Lists of lists would have to be of one length: each goes as a text.
    nodes.map(({ children }) => arrayText(children)),
    nodes.map(({ childWhen }) => arrayText(childWhen)),
    nodes.map(({ status }) => status),
    nodes.map(({ waitingFor }) => waitingFor),
    nodes.map(({ liveParents }) => liveParents),
    nodes.map((laidOut) => jobPlaces.get(laidOut)),
    nodes.map((laidOut) => turnPlaces.get(laidOut)),
    nodes.map(({ givesInput }) => givesInput),
    nodes.map(({ output }) => jsonText(output)),
    nodes.map((laidOut) => (jobPlaces.has(laidOut) ? delayOf(laidOut) : null)),
    nodes.map(({ node }) => inlineQueueOf(node.type)),
    nodes.map(({ node }) => jsonText(policyOf(node))),
    nodes.map(({ needs }) => needs),
    nodes.map(({ isCopied }) => isCopied),
    nodes.map(({ branch }) => branch),
  ];
  return lists.map((list) => arrayText(list));
}

const placesOf = (some: readonly LaidOutNode[]): ReadonlyMap<LaidOutNode, number> =>
  new Map(some.map((laidOut, index) => [laidOut, index + 1]));

/** In ms; null: it begins at once. */
const delayOf = ({ node }: LaidOutNode): number | null =>
  startAfterOf(node.type, node.config, new Date(0))?.getTime() ?? null;

/** What copied nodes gave in the run that they are taken over from, unless something else was given. */
export function copyNodes(tx: Tx, runId: string, fromRunId: string): Promise<unknown> {
  return tx.query(
    `update pipeline.node_runs n set input = s.input, output = coalesce(n.output, s.output), error = s.error, turn_id = s.turn_id
       from pipeline.node_runs s
      where n.run_id = $1 and n.copied and s.run_id = $2 and s.node_id = n.node_id`,
    [runId, fromRunId],
  );
}
