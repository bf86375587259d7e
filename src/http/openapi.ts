// The OpenAPI 3.1 document and a page that shows it. The page is ours and swagger-ui's files are served from this
// server: nothing is inline, nothing comes from elsewhere, no address is sent anywhere.

import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { event } from '../sessions/session.schemas.js';
import { COMPONENTS, jsonSchema } from './openapi.decorators.js';
import { PROBLEM_TYPES, problemTypeUri } from './problem-types.js';

export function openApiDocument(app: INestApplication, withToken: boolean): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Rootline')
    .setDescription('A laboratory for how KVM keeps, shares, invalidates and frees the roots of its TDP MMU')
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .setLicense('MIT', 'https://opensource.org/license/mit');
  builder.addServer('/').addBearerAuth({ type: 'http', scheme: 'bearer' }, 'token');
  const document = SwaggerModule.createDocument(app, builder.build(), {
    operationIdFactory: (controller: string, method: string) =>
      `${controller.replace(/Controller$/, '')}_${method}`,
  });
  // A server without tokens asks for none, and takes no notice of one.
  document.security = withToken ? [{ token: [] }] : [{}, { token: [] }];
  COMPONENTS.set('Event', jsonSchema(event, 'output'));
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...(Object.fromEntries(COMPONENTS) as object) },
  };
  return document;
}

export const SWAGGER_UI_FILES = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'swagger-ui-standalone-preset.js',
  'favicon-16x16.png',
  'favicon-32x32.png',
] as const;

export const DOCS_HTML = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Rootline API</title>
  <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  <link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/start.js"></script>
</body>
</html>
`;

/** `validatorUrl: null`: without it swagger-ui sends the document's address to a server of its makers. */
export const DOCS_JS = `window.ui = SwaggerUIBundle({
  url: '/api/v1/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
`;

/** The types of problems, each with an address of its own: /docs/problems#NAME. */
export const PROBLEMS_HTML = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Rootline: problems</title>
  <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
  <h1>Types of problems</h1>
  <dl>
${PROBLEM_TYPES.map(
  ({ name, statuses, meaning }) =>
    `    <dt id="${name}"><code>${problemTypeUri(name)}</code> (${statuses.join(', ')})</dt><dd>${meaning}</dd>`,
).join('\n')}
  </dl>
</body>
</html>
`;
