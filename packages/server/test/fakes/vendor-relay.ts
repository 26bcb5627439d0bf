// Stands before the fake model where that one differs from what a vendor really sends, and mends it: Mistral tells
// its usage unasked and its errors flat, Ollama counts tokens in its last line.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface VendorRelay {
  readonly url: string;
  close(): Promise<void>;
}

export type Mending = 'mistral' | 'ollama' | 'none';

export async function startRelay(
  target: string,
  mending: Mending,
  tokens: { input: number; output: number },
): Promise<VendorRelay> {
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${target}${request.url}`, { method: 'POST', headers, body });
    const kept = ['content-type', 'retry-after'].flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    response.writeHead(answer.status, Object.fromEntries(kept));
    if (!answer.ok) {
      response.end(mendError(await answer.text(), mending));
      return;
    }
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of answer.body ?? []) {
      if (response.destroyed) break;
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) response.write(`${mendLine(line, mending, tokens)}\n`);
    }
    response.end(rest);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function mendError(body: string, mending: Mending): string {
  if (mending !== 'mistral') return body;
  const { error } = JSON.parse(body);
  return JSON.stringify({
    object: 'error',
    message: error.message,
    type: error.type ?? 'error',
    param: null,
    code: null,
  });
}

function mendLine(line: string, mending: Mending, { input, output }: { input: number; output: number }): string {
  if (mending === 'ollama') {
    return line
      .replace('"prompt_eval_count":0', `"prompt_eval_count":${input}`)
      .replace('"eval_count":0', `"eval_count":${output}`);
  }
  if (mending !== 'mistral' || !line.startsWith('data: {')) return line;
  const chunk = JSON.parse(line.slice('data: '.length));
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  return chunk.choices[0]?.finish_reason ? `data: ${JSON.stringify({ ...chunk, usage })}` : line;
}
