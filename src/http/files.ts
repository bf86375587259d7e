// Where files that are served lie: the compiled page of this package, and swagger-ui's own.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, from compiled code and from source. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('package.json of rootline was not found');
    folder = above;
  }
  return folder;
}

export function pageFolder(): string {
  return join(packageRoot(), 'web', 'dist');
}

/** The page itself, one file that names the others; null: it is not built. */
export function pageText(): string | null {
  const file = join(pageFolder(), 'index.html');
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

/** swagger-ui comes with @nestjs/swagger. */
export function swaggerUiFolder(): string {
  const swagger = createRequire(import.meta.url).resolve('@nestjs/swagger');
  return dirname(createRequire(swagger).resolve('swagger-ui-dist/package.json'));
}
