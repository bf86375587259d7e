// Builds dist/ (the server) and web/dist (the page) unless they are at least as new as everything they are made from. Used
// by `npm start`, `npm test` and `npm run bench`, so that a fresh clone needs no separate build step and worker threads never run old code.
// `--mark` only records that dist/ is current (npm runs it after `npm run build`).

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMP = join(ROOT, 'dist', '.built');
const SOURCE_FOLDERS = ['src', 'migrations', 'bench'];
/** Compiled by vite, which empties web/dist itself. */
const PAGE_SOURCES = ['src', 'public', 'index.html', 'vite.config.ts'].map((name) => join('web', name));
const PAGE = join(ROOT, 'web', 'dist', 'index.html');
const SOURCE_FILES = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'];

const BUILD = [
  // As `nest build` does (.ci/run holds both outputs against each other), but only what has changed.
  ['typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  ['vite/bin/vite.js', 'build', '--config', 'web/vite.config.ts', '--logLevel', 'warn'],
];

/** Newest modification time below `path`. Folders count too: deleting a file changes only its folder. */
function newestMtimeMs(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  let newest = stat.mtimeMs;
  for (const name of readdirSync(path)) newest = Math.max(newest, newestMtimeMs(join(path, name)));
  return newest;
}

/** Removes outputs whose source is gone; tsc never does. */
function prune(relative) {
  const folder = join(ROOT, 'dist', relative);
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(relative, entry.name);
    if (entry.isDirectory()) {
      if (existsSync(join(ROOT, path))) prune(path);
      else rmSync(join(ROOT, 'dist', path), { recursive: true });
    } else if (/\.(js(\.map)?|d\.ts)$/.test(entry.name)) {
      const source = path.replace(/\.(js(\.map)?|d\.ts)$/, '.ts');
      if (!existsSync(join(ROOT, source))) rmSync(join(ROOT, 'dist', path));
    }
  }
}

function mark(atMs) {
  for (const folder of SOURCE_FOLDERS) prune(folder);
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, '');
  utimesSync(STAMP, atMs / 1000, atMs / 1000);
}

const newestOf = (names) => Math.max(...names.map((name) => newestMtimeMs(join(ROOT, name))));

/** Whether dist/ is older than what the server is made from; what the page is made from does not count. */
export function serverIsStale() {
  return newestMtimeMs(STAMP) <= newestOf([...SOURCE_FOLDERS, ...SOURCE_FILES]);
}

/** Returns 0, or the exit code of the failed build. */
export function buildIfNeeded() {
  const built = newestMtimeMs(STAMP);
  const sources = [...SOURCE_FOLDERS, ...PAGE_SOURCES, ...SOURCE_FILES];
  if (built > newestOf(sources) && existsSync(PAGE)) return 0;
  process.stderr.write('rootline: building dist/ ...\n');
  const startedMs = Date.now();
  for (const [program, ...args] of BUILD) {
    const result = spawnSync(process.execPath, [join(ROOT, 'node_modules', program), ...args], {
      cwd: ROOT,
      stdio: ['ignore', 2, 2],
    });
    if (result.status === 0) continue;
    process.stderr.write('rootline: the build failed (see above)\n');
    return result.status ?? 1;
  }
  mark(startedMs);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--mark')) mark(Date.now());
  else process.exitCode = buildIfNeeded();
}
