// The API's documentation, served by the API itself: the OpenAPI document, its reference page and the list of errors.
// Everything comes from this server: the pages work without a network and under the policy of all other pages.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCatalogue } from '@gathering/contract/errors';
import { allRoutes } from '@gathering/contract/routes';
import type { FastifyInstance } from 'fastify';
import { makeOpenApi } from './openapi.ts';

/** Needs the reply's `sendFile`. */
export function serveDocumentation(app: FastifyInstance, version: string): void {
  let document: string | undefined;
  app.get('/api/openapi.json', { config: { routeName: 'documentation' } }, async (_, reply) => {
    document ??= JSON.stringify(makeOpenApi(allRoutes, version));
    return reply.header('cache-control', 'no-cache').type('application/json; charset=utf-8').send(document);
  });
  const pages: [path: string, type: string, text: string][] = [
    ['/api/docs', 'text/html', referencePage],
    ['/api/docs/start.js', 'text/javascript', startScript],
    ['/api/docs/errors', 'text/html', makeErrorsPage()],
  ];
  for (const [path, type, text] of pages) {
    app.get(path, { config: { routeName: 'documentation' } }, async (_, reply) =>
      reply.header('cache-control', 'no-cache').type(`${type}; charset=utf-8`).send(text),
    );
  }
  const folder = dirname(fileURLToPath(import.meta.resolve('@fastify/swagger-ui/static/swagger-ui.css')));
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']) {
    app.get(`/api/docs/assets/${file}`, { config: { routeName: 'documentation' } }, async (_, reply) =>
      reply.header('cache-control', 'public, max-age=86400').sendFile(file, folder),
    );
  }
}

const referencePage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>GatheRing API</title>
<link rel="icon" href="/api/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/api/docs/assets/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`;

// Swagger UI shows hardly any route of a document with more than a hundred paths: it is given the document in parts, each with
// the whole of some features, and all but the first without the heading.
const startScript = `const mostPaths = 80;
const bare = () => ({ wrapComponents: { info: () => () => null, ServersContainer: () => () => null } });
fetch('/api/openapi.json').then((reply) => reply.json()).then((whole) => {
  const tagOf = (path) => Object.values(path)[0].tags[0];
  const parts = [];
  for (const { name } of whole.tags) {
    const own = Object.entries(whole.paths).filter(([, path]) => tagOf(path) === name);
    const last = parts.at(-1);
    if (last && last.length + own.length <= mostPaths) last.push(...own);
    else parts.push(own);
  }
  parts.forEach((paths, place) => {
    const element = document.createElement('div');
    document.getElementById('reference').append(element);
    const spec = { ...whole, paths: Object.fromEntries(paths) };
    const tags = new Set(paths.map(([, path]) => tagOf(path)));
    spec.tags = whole.tags.filter(({ name }) => tags.has(name));
    SwaggerUIBundle({ spec, domNode: element, deepLinking: true, validatorUrl: null, plugins: place === 0 ? [] : [bare] });
  });
});
`;

function makeErrorsPage(): string {
  const rows = Object.entries(errorCatalogue).map(
    ([code, { status, title, mend }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeText(title)}</td><td>${escapeText(mend)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>GatheRing API: errors</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; text-align: left }
th, td { padding: 6px }
</style>
</head>
<body>
<h1>Errors</h1>
<table>
<tr><th>Code</th><th>Status</th><th>What it says</th><th>What to do</th></tr>
${rows.join('\n')}
</table>
</body>
</html>
`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
