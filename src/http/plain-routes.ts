// What is served besides the API: the page, the documentation and the OpenAPI document. GET and HEAD only.
import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { asyncApiDocument } from '../live/asyncapi.js';
import { pageFolder, swaggerUiFolder } from './files.js';
import { DOCS_HTML, DOCS_JS, PROBLEMS_HTML, SWAGGER_UI_FILES } from './openapi.js';

const HTML = 'text/html; charset=utf-8';
const JAVASCRIPT = 'text/javascript; charset=utf-8';

/** Addresses of the page's views: each answers with the page, which shows what its address says. */
const PAGE_ROUTES = ['/sessions', '/sessions/:id', '/compare', '/explore', '/explore/:id', '/import'];

const NOT_BUILT =
  'The page is not built: npm run build. The API is at /api/v1, its documentation at /docs.\n';

const API_INDEX = {
  name: 'Rootline',
  version: 1,
  openapi: '/api/v1/openapi.json',
  asyncapi: '/api/v1/asyncapi.json',
  documentation: '/docs',
  resources: [
    'protocols',
    'scenarios',
    'costs',
    'invariants',
    'experiments',
    'sessions',
    'sweeps',
    'store/verifications',
    'jobs',
    'problems',
  ].map((r) => `/api/v1/${r}`),
};

export async function addPlainRoutes(app: NestFastifyApplication, document: OpenAPIObject): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  const text = JSON.stringify(document);
  const asyncApi = JSON.stringify(asyncApiDocument());
  fastify.get('/api/v1/openapi.json', (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(text),
  );
  fastify.get('/api/v1/asyncapi.json', (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(asyncApi),
  );
  fastify.get('/api/v1', (_request, reply) => reply.send(API_INDEX));
  fastify.get('/docs', (_request, reply) => reply.type(HTML).send(DOCS_HTML));
  fastify.get('/docs/problems', (_request, reply) => reply.type(HTML).send(PROBLEMS_HTML));
  fastify.get('/docs/start.js', (_request, reply) => reply.type(JAVASCRIPT).send(DOCS_JS));
  await addPage(app);
  const folder = swaggerUiFolder();
  for (const name of SWAGGER_UI_FILES) {
    fastify.get(`/docs/${name}`, (_request, reply) => reply.sendFile(name, folder, { maxAge: '1h' }));
  }
}

async function addPage(app: NestFastifyApplication): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  const built = existsSync(pageFolder());
  await app.register(fastifyStatic, {
    // `npx nest build` alone makes no page: the API is there all the same.
    root: built ? pageFolder() : swaggerUiFolder(),
    serve: built,
    prefix: '/',
    // Only files that are there now become routes: no path is looked up on the disk.
    wildcard: false,
    index: ['index.html'],
    setHeaders: (reply, path) => {
      // Names of compiled files carry a digest of their content; the page itself is asked for anew each time.
      const kept = path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
      void reply.header('cache-control', kept);
    },
  });
  if (!built) {
    fastify.get('/', (_request, reply) => reply.type('text/plain; charset=utf-8').send(NOT_BUILT));
    return;
  }
  for (const route of PAGE_ROUTES) {
    fastify.get(route, (_request, reply) => reply.sendFile('index.html', pageFolder()));
  }
}
