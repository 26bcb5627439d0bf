// Serves the built dashboard: its files, and its one page for every other address outside of /api and /ws.
// Invariant: nothing outside of the given folder is ever read.
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { AppError } from '@gathering/contract/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerError } from './error-handler.ts';

/** The folder may appear while the server runs: until then a page says that the dashboard is being built. */
export function serveDashboard(app: FastifyInstance, folder: string): void {
  app.get('/*', { config: { routeName: 'dashboard' }, errorHandler: answerFileError }, async (request, reply) => {
    const path = pathOf(request.url);
    if (path === undefined || /^\/(api|ws)(\/|$)/.test(path)) return reply.callNotFound();
    // The build gives every file below /assets a name with its hash in it.
    const isAsset = path.startsWith('/assets/');
    if (isAsset || /\.[A-Za-z0-9]+$/.test(path)) {
      const file = await findFile(folder, path);
      if (file === undefined) return reply.callNotFound();
      reply.header('cache-control', isAsset ? 'public, max-age=31536000, immutable' : 'no-cache');
      return reply.sendFile(file, folder);
    }
    reply.header('cache-control', 'no-cache');
    const page = await findFile(folder, '/index.html');
    if (page !== undefined) return reply.sendFile(page, folder);
    return reply.code(503).header('retry-after', '3').type('text/html; charset=utf-8').send(notBuiltPage);
  });
}

// Paths that lead out of the folder, or hold what no file name can, are refused by the library with errors of its own.
function answerFileError(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  return answerError(status < 500 ? new AppError('request.not-found', { cause: error }) : error, request, reply);
}

function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split('?', 1)[0] ?? '');
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** Its path below the folder, as a URL has it, where it is an ordinary file of that folder after all links were followed. */
async function findFile(folder: string, path: string): Promise<string | undefined> {
  if (path.includes('\0')) return undefined;
  try {
    const root = await realpath(folder);
    const real = await realpath(join(root, path));
    const inner = relative(root, real);
    if (inner === '' || isAbsolute(inner) || inner.split(sep)[0] === '..') return undefined;
    if (!(await stat(real)).isFile()) return undefined;
    return inner.split(sep).map(encodeURIComponent).join('/');
  } catch (error) {
    if (error instanceof Error && 'code' in error && absences.has(String(error.code))) return undefined;
    throw error;
  }
}

const absences = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EINVAL']);

const notBuiltPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="3">
<title>GatheRing</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 20vh auto; padding: 0 1rem }
h1 { font-size: 1.25rem }
</style>
<body>
<h1>The dashboard is not built yet</h1>
<p>If the server has just started, it is being built now and this page will show it by itself.
Otherwise run <code>npm start</code> in the repository. The API works meanwhile: see <a href="/api/docs">/api/docs</a>.</p>
</body>
</html>
`;
