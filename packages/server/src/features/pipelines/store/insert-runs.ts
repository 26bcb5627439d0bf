// SQL of new runs: a fixed number of statements for any number of runs and nodes.
import type { Json } from '@gathering/contract/json';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { arrayText } from '../../../platform/db/array-text.ts';
import type { Tx } from '../../../platform/db/database.ts';
import { policyOf } from '../node-policy.ts';
import type { RunControls } from '../read-controls.ts';
import type { ParentOf } from '../resume-parents.ts';
import { inlineQueueOf, type LaidOutNode } from '../rules.ts';
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
  readonly definition: PipelineDefinition;
  /** The same as JSON. */
  readonly definitionText: string;
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
  readonly openNodes: number;
  /** Of a sub-run: what began it, and where it stands. */
  readonly parent: (ParentOf & { readonly rootRunId: string; readonly depth: number }) | null;
  readonly at: Date;
}

export interface NewNodeRun {
  readonly runId: string;
  readonly laidOut: LaidOutNode;
  /** Its work begins with the run. */
  readonly isReady: boolean;
  readonly jobId: string;
  readonly turnId: string | null;
  readonly status: string;
  readonly waitingUntil: Date | null;
  /** Due, without a job until its run has its turn. */
  readonly parked: boolean;
  readonly at: Date;
}

export function insertRuns(tx: Tx, runs: readonly NewRun[]): Promise<unknown> {
  const total = (run: NewRun) => run.definition.nodes.length;
  return Promise.all([
    tx.query(
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
        runs.map((run) => run.definition.name),
        runs.map((run) => run.projectId),
        runs.map((run) => run.actorId),
        runs.map((run) => run.status),
        runs.map(total),
        runs.map((run) => run.openNodes),
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
    ),
    tx.query(
      `insert into pipeline.run_bodies (run_id, definition, input, output, scope)
       select id, definition, coalesce(input, 'null'), output, scope from unnest($1::uuid[], $2::jsonb[], $3::jsonb[], $4::jsonb[], $5::jsonb[]) as b(id, definition, input, output, scope)`,
      [
        runs.map((run) => run.id),
        runs.map((run) => run.definitionText),
        runs.map((run) => JSON.stringify(run.input)),
        runs.map((run) => jsonText(run.output)),
        runs.map((run) => jsonText(run.scope)),
      ],
    ),
  ]);
}

export function insertNodeRuns(tx: Tx, nodes: readonly NewNodeRun[]): Promise<unknown> {
  const positions = new Map<string, number>();
  const position = ({ runId }: NewNodeRun): number => {
    const next = (positions.get(runId) ?? -1) + 1;
    positions.set(runId, next);
    return next;
  };
  return tx.query(
    `insert into pipeline.node_runs (run_id, node_id, position, type, name, config, children, child_when, status, waiting_for, live_parents, job_id, turn_id, output, waiting_kind, waiting_until, started_at, ended_at, inline_queue, policy, needs, parked, copied, branch)
     select run_id, node_id, position, type, name, config, children::text[], child_when::text[],
            status, waiting_for, live_parents, job_id, turn_id, output, case when waiting_until is not null then 'time' end, waiting_until,
            case when status not in ('pending', 'skipped') then at end, case when status not in ('pending', 'waiting') then at end, inline_queue, policy, needs, parked, copied, branch
       from unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::text[], $9::text[], $10::int[], $11::int[], $12::uuid[], $13::uuid[], $14::jsonb[], $15::timestamptz[], $16::timestamptz[], $17::text[], $18::jsonb[], $19::int[], $20::boolean[], $21::boolean[], $22::text[])
         as n(run_id, node_id, position, type, name, config, children, child_when, status, waiting_for, live_parents, job_id, turn_id, output, waiting_until, at, inline_queue, policy, needs, parked, copied, branch)`,
    [
      nodes.map((one) => one.runId),
      nodes.map((one) => one.laidOut.node.id),
      nodes.map(position),
      nodes.map((one) => one.laidOut.node.type),
      nodes.map((one) => one.laidOut.node.name ?? one.laidOut.node.id),
      nodes.map((one) => JSON.stringify(one.laidOut.node.config)),
      // Lists of lists would have to be of one length: each goes as a text.
      nodes.map((one) => arrayText(one.laidOut.children)),
      nodes.map((one) => arrayText(one.laidOut.childWhen)),
      nodes.map((one) => one.status),
      nodes.map((one) => one.laidOut.waitingFor),
      nodes.map((one) => one.laidOut.liveParents),
      nodes.map((one) => one.jobId),
      nodes.map((one) => one.turnId),
      nodes.map((one) => jsonText(one.laidOut.output)),
      nodes.map((one) => one.waitingUntil),
      nodes.map((one) => one.at),
      nodes.map((one) => inlineQueueOf(one.laidOut.node.type)),
      nodes.map((one) => jsonText(policyOf(one.laidOut.node))),
      nodes.map((one) => one.laidOut.needs),
      nodes.map((one) => one.parked),
      nodes.map((one) => one.laidOut.isCopied),
      nodes.map((one) => one.laidOut.branch),
    ],
  );
}

/** What copied nodes gave in the run that they are taken over from, unless something else was given. */
export function copyNodes(tx: Tx, runId: string, fromRunId: string): Promise<unknown> {
  return tx.query(
    `update pipeline.node_runs n set input = s.input, output = coalesce(n.output, s.output), error = s.error, turn_id = s.turn_id
       from pipeline.node_runs s
      where n.run_id = $1 and n.copied and s.run_id = $2 and s.node_id = n.node_id`,
    [runId, fromRunId],
  );
}
