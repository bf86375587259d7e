// Adds to package-lock.json the optional packages for other platforms that npm left out.
//
// Why: tools such as biome ship one optional package a platform. A registry mirror that holds only some of them makes
// `npm install` write a lock file without the others, and `npm ci` then refuses that file ("Missing: ... from lock
// file"). The packages' names give platform and version, so the entries can be written without downloading anything.
// Run it after `npm install` added such a tool; test/tidy.test.ts says when that is needed (`--check` lists only).

import { readFileSync, writeFileSync } from 'node:fs';

const FILE = 'package-lock.json';
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64'];

/** What the package `name` says that it is for; undefined when it is not a package for one platform. */
function platformOf(name) {
  const words = name.split('/').at(-1).split('-');
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  if (os.length !== 1 || cpu.length !== 1) return undefined;
  if (words.some((word) => word.startsWith('musl'))) return { os, cpu, libc: ['musl'] };
  if (words.some((word) => word.startsWith('gnu'))) return { os, cpu, libc: ['glibc'] };
  return { os, cpu };
}

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const missing = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (lock.packages[key] !== undefined || lock.packages[`${path}/${key}`] !== undefined) continue;
    const platform = platformOf(name);
    if (platform === undefined || !/^\d+\.\d+\.\d+$/.test(version)) continue;
    missing.push(name);
    const dev = entry.dev ? { dev: true } : {};
    lock.packages[key] = { version, ...dev, license: entry.license, optional: true, ...platform };
  }
}

if (process.argv.includes('--check')) {
  for (const name of missing) console.log(name);
} else if (missing.length > 0) {
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  console.log(`${missing.length} entries added to ${FILE}`);
}
