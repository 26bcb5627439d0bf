// Three instances work on one PostgreSQL server while they are killed, stopped past their heartbeat, cut off from a database
// that crashes too, and their clocks jump. Afterwards every run has completed, every node was settled once, and every effect
// took place once. CHAOS_KILLS says how many kills; `npm run test:chaos -- --long` makes 500 of them.
import { setTimeout as pause } from 'node:timers/promises';
import { endedStatuses, runDefinitionRoute } from '@gathering/contract/pipelines';
import { describe, expect, it } from 'vitest';
import type { NotedCall } from '../fakes/http-server.ts';
import { waitFor } from '../wait-for.ts';
import { type ChaosWorld, chaosWorlds } from './chaos-world.ts';

const kills = Number(process.env.CHAOS_KILLS ?? 25);
/** A request that meets a server which is just being killed is asked again. */
const attempts = 200;

describe('a fleet under fire', () => {
  const open = chaosWorlds(3);

  // promise: node-settled-once
  // promise: survives-kill
  it(
    `${kills} kills lose, double and hold up nothing`,
    async () => {
      const world = await open();
      const runIds: string[] = [];
      for (let kill = 0; kill < kills; kill += 1) {
        for (let more = 0; more < 2; more += 1) runIds.push(await startOrder(world));
        await reachMoment(world, kill);
        if (kill % 8 === 3) await world.cutConnections();
        if (kill % 12 === 7) await world.crashDatabase();
        if (kill % 25 === 10) await stopForLong(world);
        await world.replace(kill % world.instances.length);
      }
      await expectAllDone(world, runIds);
    },
    (kills * 20 + 240) * 1000,
  );
});

/** Random moments, and the boundaries of what is journaled: a call of the outside or of the model is just under way, or over. */
async function reachMoment({ outside, model }: ChaosWorld, kill: number): Promise<void> {
  const calls: readonly NotedCall[] = [outside.calls, model.calls][kill % 2] ?? [];
  const seen = calls.length;
  const way = kill % 3;
  if (way === 0) await pause(Math.random() * 800);
  else
    await waitFor('a further call, or the end of what there was to do', () => calls.length > seen, {
      withinMs: 3_000,
    }).catch(() => undefined);
  if (way === 2) await pause(Math.random() * 30);
}

/** Longer than a worker may be silent: others take its work over, and what it does then changes nothing. */
async function stopForLong({ instances, query }: ChaosWorld): Promise<void> {
  const [first] = instances;
  first?.send('SIGSTOP');
  const held = await query<{ id: string }>("select id::text from pgboss.job where state = 'active'");
  let left: unknown[] = [];
  await waitFor(
    'its work to be taken over',
    async () => {
      left = await query(
        `select name, data ->> 'job' as job, retry_count, heartbeat_on, now() from pgboss.job
          where id = any($1::uuid[]) and state = 'active' and retry_count = 0`,
        [held.map(({ id }) => id)],
      );
      return left.length === 0;
    },
    { withinMs: 60_000, show: () => left },
  );
  first?.send('SIGCONT');
}

async function startOrder(world: ChaosWorld): Promise<string> {
  let last: unknown;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      return (await world.api().call(runDefinitionRoute, { body: { definition: world.order, input: {} } })).id;
    } catch (error) {
      last = error;
      await pause(100);
    }
  }
  throw new Error('No instance took the run.', { cause: last });
}

interface RunState {
  readonly id: string;
  readonly status: string;
  readonly name: string;
  readonly error: unknown;
}

async function expectAllDone({ query, effects }: ChaosWorld, started: readonly string[]): Promise<void> {
  // A request that was cut off may have started its run all the same: every run that there is counts.
  const readRuns = () =>
    query<RunState>(
      'select id::text, status, pipeline_name as name, error from pipeline.runs join pipeline.run_bodies on run_id = id',
    );
  let runs: RunState[] = [];
  await waitFor(
    'every run to end',
    async () => {
      runs = await readRuns();
      return runs.every(({ status }) => endedStatuses.includes(status));
    },
    { withinMs: 180_000, show: () => runs.filter(({ status }) => !endedStatuses.includes(status)) },
  );
  expect(runs.filter(({ status }) => status !== 'completed')).toEqual([]);
  const ids = runs.map(({ id }) => id);
  expect(started.filter((id) => !ids.includes(id))).toEqual([]);
  const settledOtherThanOnce = await query(
    `select node.run_id, node.node_id, node.status, count(event.id)::int as ends
       from pipeline.node_runs node
       left join event.events event on event.subject = 'runs/' || node.run_id
        and event.type = 'pipelines.node-ended' and event.payload ->> 'nodeId' = node.node_id
      group by node.run_id, node.node_id, node.status
     having count(event.id) <> 1 or node.status not in ('completed', 'skipped')`,
  );
  expect(settledOtherThanOnce).toEqual([]);
  expect(await query("select status, waiting_for from pipeline.node_runs where status = 'pending'")).toEqual([]);
  const wanted = ids.flatMap((id) => [`${id}-mail`, `${id}-payment`]).sort();
  expect([...effects.keys()].sort()).toEqual(wanted);
  await waitFor('the queue to be empty', async () => {
    const left = await query("select 1 from pgboss.job where state in ('created', 'retry', 'active')");
    return left.length === 0;
  });
}
