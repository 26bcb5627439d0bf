// An outside server some of whose answers wait until a test lets them go.
import { type Answer, type OutsideServer, startOutsideServer } from './http-server.ts';

export interface GatedServer extends OutsideServer {
  /** Lets calls of paths that begin with `/gate` go, also later ones, until it is shut. */
  open(): void;
  shut(): void;
}

export async function startGatedServer(answer: Answer = () => undefined): Promise<GatedServer> {
  let gate = Promise.withResolvers<void>();
  const server = await startOutsideServer(async (call, reply) => {
    if (call.path.startsWith('/gate')) await gate.promise;
    return answer(call, reply);
  });
  const open = (): void => gate.resolve();
  const shut = (): void => {
    gate = Promise.withResolvers();
  };
  return { ...server, open, shut };
}
