// What `bench:recover` measures of two instances: calls of the outside that one of them has under way, which are made again by the
// other once the first was killed. The outside is a server of this process: it sees each call begin.
import { setTimeout as pause } from 'node:timers/promises';
import {
  askDatabase,
  createChain,
  launchServer,
  type Place,
  requireSettledOnce,
  startOutside,
  startRuns,
  waitUntil,
  waitUntilAllEnded,
  withFolder,
} from './real-server.ts';
import { quantile } from './report.ts';

/** As many as an instance has connections to one host, so that all are under way at once. */
const works = 32;
/** So long before the kill all is under way: past the first heartbeats. */
const underWayMs = 5_000;

export interface Takeover {
  readonly works: number;
  /** From the kill until the first, half and all of its calls were made by the other. */
  readonly firstMs: number;
  readonly medianMs: number;
  readonly lastMs: number;
}

export function measureTakeover(place: Place): Promise<Takeover> {
  return withFolder(async (otherFolder) => {
    const firstCalls = new Set<string>();
    const secondCalls = new Map<string, number>();
    // The first call of each address stays unanswered.
    const outside = await startOutside(({ url = '' }, reply) => {
      if (!firstCalls.has(url)) firstCalls.add(url);
      else {
        if (!secondCalls.has(url)) secondCalls.set(url, performance.now());
        reply.end('done');
      }
    });
    const env = { GATHERING_EGRESS_ALLOW: outside.hostPort };
    const one = await launchServer(place, { env });
    const call = await one.signIn();
    const url = `http://${outside.hostPort}/{{ input.number }}`;
    const pipelineId = await createChain(call, 'Taken over', [
      { id: 'call', type: 'action', config: { kind: 'callApi', url } },
      { id: 'after', type: 'transform', config: { expression: 'nodes.call.output.status' } },
    ]);
    await startRuns(call, pipelineId, works);
    await waitUntil('every call is under way', () => firstCalls.size === works);
    const other = await launchServer({ ...place, dataDir: otherFolder }, { env });
    await pause(underWayMs);
    if (secondCalls.size > 0) throw new Error('A call was made twice before anybody was killed.');
    const killedAt = performance.now();
    await one.kill();
    await waitUntilAllEnded(await other.signIn());
    await other.stop();
    outside.close();
    await askDatabase(place, (database) => requireSettledOnce(database, works));
    const times = [...secondCalls.values()].map((at) => at - killedAt);
    if (times.length !== works) throw new Error(`Of ${works} calls ${times.length} were made again.`);
    return { works, firstMs: Math.min(...times), medianMs: quantile(times, 0.5), lastMs: Math.max(...times) };
  });
}
