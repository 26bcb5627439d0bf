// The priority of a run goes with all of its work, also with what goes on after a sub-run, a list, a call, an approval or a pause.
import { castVoteRoute, listApprovalsRoute } from '@gathering/contract/approvals';
import { runDefinitionRoute, signalNodeRoute } from '@gathering/contract/pipelines';
import { pauseRunRoute, resumeRunRoute } from '@gathering/contract/pipelines-controls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Api,
  chain,
  createPipeline,
  type GivenNode,
  makeDefinition,
  signIn,
  waitForEnd,
  waitForRun,
} from '../api.ts';
import { eachDatabase } from '../db.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { waitFor } from '../wait-for.ts';

eachDatabase((_open, makePlace) => {
  let server: InProcessServer;
  let api: Api;
  beforeAll(async () => {
    server = await startInProcess(await makePlace());
    api = await signIn(server.url);
    // Jobs are gone when they are done: what comes is written down.
    await server.database.exec(`
      create table seen_jobs (job text not null, run_id text not null, node_id text, priority integer not null);
      create function note_job() returns trigger language plpgsql as $$
      begin
        if new.data -> 'payload' ? 'runId' then
          insert into seen_jobs values (new.data ->> 'job', new.data #>> '{payload,runId}', new.data #>> '{payload,nodeId}', new.priority);
        end if;
        return new;
      end $$;
      create trigger note_job after insert on pgboss.job for each row execute function note_job();`);
  });
  afterAll(() => server?.stop());

  it('is that of every job', async () => {
    const double = { id: 'double', type: 'transform', config: { expression: 'input.n * 2.0' } };
    const inner = await createPipeline(api, makeDefinition('Inner', [double], chain('start', 'double')));
    const nodes: GivenNode[] = [
      { id: 'sub', type: 'pipeline', config: { pipelineId: inner.id, input: { n: 1 } } },
      {
        id: 'list',
        type: 'map',
        config: { items: '[1, 2, 3]', pipelineId: inner.id, input: { n: '{{ item }}' }, concurrency: 1 },
      },
      { id: 'call', type: 'wait', config: { kind: 'signal' } },
      { id: 'ask', type: 'approval', config: { title: 'Go on?' } },
      { id: 'end', type: 'transform', config: { expression: '"done"' } },
    ];
    const definition = makeDefinition('Urgent', nodes, chain('start', 'sub', 'list', 'call', 'ask', 'end'));
    const { id } = await api.call(runDefinitionRoute, { body: { definition, input: {}, priority: 'high' } });
    const waitsAt = (nodeId: string) =>
      waitForRun(api, id, `waits at ${nodeId}`, (run) =>
        run.nodes.some((node) => node.id === nodeId && node.status === 'waiting'),
      );
    await waitsAt('call');
    await api.call(pauseRunRoute, { params: { id } });
    await api.call(resumeRunRoute, { params: { id } });
    await api.call(signalNodeRoute, { params: { id, nodeId: 'call' }, body: {} });
    await waitsAt('ask');
    const approval = await waitFor(
      'the approval',
      async () => (await api.call(listApprovalsRoute, { query: {} })).items[0],
    );
    await api.call(castVoteRoute, {
      params: { id: approval.id },
      body: { decision: 'approve', shown: approval.shown },
    });
    await waitForEnd(api, id);
    const { rows } = await server.database.query<{ job: string; nodeId: string | null; priority: number }>(
      'select distinct job, node_id as "nodeId", priority from seen_jobs',
    );
    expect(rows.filter(({ priority }) => priority < 93)).toEqual([]);
    const seen = new Set(rows.map(({ job, nodeId }) => `${job} ${nodeId}`));
    for (const nodeId of ['sub', 'list', 'call', 'ask', 'double'])
      expect(seen).toContain(`pipelines.run-node ${nodeId}`);
    expect(seen).toContain('pipelines.advance-map list');
  });
});
