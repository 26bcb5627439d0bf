// Asks an Ollama server which models it has. The one on this machine's default port is found by itself;
// answers are kept for a while, so that listing providers does not wait for a server that is not there.
import * as z from 'zod';

export const ollamaDefaultUrl = 'http://127.0.0.1:11434';

const probeMs = 400;
const keptMs = 20_000;
const tags = z.object({ models: z.array(z.object({ name: z.string().min(1).max(200) })).max(1000) });

interface Known {
  readonly at: number;
  readonly models: Promise<readonly string[] | null>;
}
const known = new Map<string, Known>();

/** Null: nothing answers there as Ollama does. Not subject to the SSRF guard: the address is fixed or an owner's. */
export function findOllamaModels(baseUrl: string, now: Date): Promise<readonly string[] | null> {
  const kept = known.get(baseUrl);
  if (kept !== undefined && Math.abs(now.getTime() - kept.at) < keptMs) return kept.models;
  const models = probe(baseUrl);
  if (known.size > 100) known.clear();
  known.set(baseUrl, { at: now.getTime(), models });
  return models;
}

async function probe(baseUrl: string): Promise<readonly string[] | null> {
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/api/tags`, {
      signal: AbortSignal.timeout(probeMs),
      redirect: 'error',
    });
    if (!response.ok) {
      await response.body?.cancel();
      return null;
    }
    const answer = tags.safeParse(await response.json());
    return answer.success ? answer.data.models.map((model) => model.name) : null;
  } catch {
    // Refused, too slow or not JSON: there is no Ollama at this address, which is all that was asked.
    return null;
  }
}
