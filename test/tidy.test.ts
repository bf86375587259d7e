// House rules that no compiler checks: who imports whom, what a kernel file's header says, how long a file may be,
// which words do not appear. Each check is a function from files to complaints, tried on bad input first.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FILE_LINES_MAX = 450;

/** Files that may be longer, each with the reason. */
const LONG_FILES: Readonly<Record<string, string>> = {};

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

function filesBelow(folder: string): SourceFile[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .toSorted()
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(ROOT, folder, name), 'utf8') }));
}

const sources = filesBelow('src');
const tests = filesBelow('test');
/** But what a script writes. */
const page = filesBelow('web/src').filter(({ path }) => path !== 'web/src/api/schema.ts');

/** The text with comments blanked out, line by line; good enough for code that the formatter has been over. */
function codeOf(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** `path:line: complaint` for every line of `text` that matches. */
function matches(path: string, text: string, pattern: RegExp, complaint: string): string[] {
  return text
    .split('\n')
    .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${complaint}`] : []));
}

function cruise(folder: string, paths: readonly string[]): { status: number | null; output: string } {
  const program = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const config = join(ROOT, '.dependency-cruiser.cjs');
  const run = spawnSync(process.execPath, [program, '--config', config, ...paths], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status: run.status, output: run.stdout + run.stderr };
}

// ---- who imports whom

test('imports follow the rules of .dependency-cruiser.cjs', () => {
  const { status, output } = cruise(ROOT, ['{src,migrations,bench}/**/*.ts', 'web/src/**/*.{ts,tsx}']);
  expect(status, output).toBe(0);
});

test('the import rules bite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rootline-tidy-'));
  try {
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    write('package.json', '{"name":"probe","type":"module"}');
    write('src/core/kernel/k.ts', 'export const k = 1;\n');
    write(
      'src/core/projections/p.ts',
      "import type { k } from '../kernel/k.js';\nexport type P = typeof k;\n",
    );
    write(
      'src/core/machine/m.ts',
      "import { readFileSync } from 'node:fs';\nexport const m = readFileSync;\n",
    );
    write('src/core/base/a.ts', "import { b } from './b.js';\nexport const a = () => b;\n");
    write('src/core/base/b.ts', "import { a } from './a.js';\nexport const b = () => a;\n");
    write('src/core/new/n.ts', "import { a } from '../base/a.js';\nexport const n = a;\n");
    write(
      'src/vms/v.ts',
      "import { DataSource } from 'typeorm';\nimport D from 'better-sqlite3';\nexport const v = [DataSource, D];\n",
    );
    for (const name of ['typeorm', 'better-sqlite3']) {
      write(`node_modules/${name}/package.json`, `{"name":"${name}","version":"1.0.0","main":"index.js"}`);
      write(`node_modules/${name}/index.js`, '');
    }
    const { status, output } = cruise(folder, ['src']);
    expect(status).not.toBe(0);
    for (const rule of [
      'core-projections-imports-only-base-events-aggregates: src/core/projections/p.ts',
      'core-is-pure: src/core/machine/m.ts',
      'no-circular: src/core/base/',
      'core-folder-is-listed: src/core/new/n.ts',
      'only-store-knows-typeorm: src/vms/v.ts',
      'only-store-knows-better-sqlite3: src/vms/v.ts',
    ]) {
      expect(output).toContain(rule);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const coreFolders = existsSync(join(ROOT, 'src/core'))
  ? readdirSync(join(ROOT, 'src/core'), { withFileTypes: true })
      .filter(
        (entry) =>
          entry.isDirectory() && sources.some((file) => file.path.startsWith(`src/core/${entry.name}/`)),
      )
      .map((entry) => entry.name)
  : [];

test('every folder in src/core is entered in the import rules', () => {
  const require = createRequire(import.meta.url);
  const { forbidden } = require('../.dependency-cruiser.cjs') as { forbidden: { name: string }[] };
  const listed = (folder: string) =>
    forbidden.some((rule) => rule.name.startsWith(`core-${folder}-imports-only-`));
  expect(coreFolders.filter((folder) => !listed(folder))).toEqual([]);
});

test('every folder in src/core has a README.md', () => {
  expect(coreFolders.filter((folder) => !existsSync(join(ROOT, 'src/core', folder, 'README.md')))).toEqual(
    [],
  );
});

// ---- kernel files

/** A file is named after a C function when its name, without a version, has an underscore: `NAME.ts`, `NAME@v6.4.ts`. */
function kernelHeaderComplaints({ path, text }: SourceFile): string[] {
  const name = basename(path, '.ts').replace(/@.*$/, '');
  if (!/^[a-z_][a-z0-9]*_\w*$/.test(name)) return [];
  const header = /^\s*(\/\*[\s\S]*?\*\/|(?:\/\/.*\n)+)/.exec(text)?.[0] ?? '';
  const complaints: string[] = [];
  if (!/\b[\w/-]+\/[\w-]+\.[chS]\b/.test(header)) complaints.push(`${path}: the header names no C path`);
  if (!header.includes(name)) complaints.push(`${path}: the header does not name ${name}`);
  if (!header.includes('Left out:')) complaints.push(`${path}: the header lacks "Left out:"`);
  return complaints;
}

test('kernel files say where they come from and what they leave out', () => {
  const path = 'src/core/kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_put_root@v6.4.ts';
  const good =
    '// arch/x86/kvm/mmu/tdp_mmu.c, kvm_tdp_mmu_put_root(), v6.4\n// Left out: nothing\nexport {};\n';
  expect(kernelHeaderComplaints({ path, text: good })).toEqual([]);
  expect(kernelHeaderComplaints({ path, text: `export {};\n${good}` })).toHaveLength(3);
  expect(kernelHeaderComplaints({ path: 'src/core/kernel/helpers.ts', text: 'export {};\n' })).toEqual([]);
  const kernelFiles = sources.filter((file) => file.path.startsWith('src/core/kernel/'));
  expect(kernelFiles.flatMap(kernelHeaderComplaints)).toEqual([]);
});

// ---- length and words

test(`no file under src or web is longer than ${FILE_LINES_MAX} lines`, () => {
  const lines = ({ text }: SourceFile) => text.split('\n').length - 1;
  const long = [...sources, ...page].filter(
    (file) => lines(file) > FILE_LINES_MAX && LONG_FILES[file.path] === undefined,
  );
  expect(long.map((file) => `${file.path}: ${lines(file)} lines`)).toEqual([]);
  const paths = new Set(sources.map((file) => file.path));
  expect(Object.keys(LONG_FILES).filter((path) => !paths.has(path))).toEqual([]);
});

function bannedWords({ path, text }: SourceFile): string[] {
  const code = codeOf(text);
  return [
    ...matches(path, code, /:\s*any\b\s*([;,)\]}>|&[={]|$)/, 'a value of type any'),
    ...matches(path, code, /\bas\s+any\b/, 'a cast to any'),
    ...matches(path, text, new RegExp(`@ts-${'ignore'}`), 'a silenced compiler'),
    ...matches(
      path,
      code,
      /\b(it|test|describe|suite)\.(only|skip)\b/,
      'a test that runs alone or not at all',
    ),
  ];
}

test('no any, silenced compiler, focused or skipped test', () => {
  const dot = '.';
  const bad = [
    'let a: any;',
    'f(x as any)',
    'g(x: any, y)',
    `// @ts-${'ignore'}`,
    `test${dot}only('x')`,
    `it${dot}skip('x')`,
  ];
  for (const text of bad) expect(bannedWords({ path: 'x.ts', text }), text).toHaveLength(1);
  const good = [
    '// note: any thread may run next',
    '/* as any reader knows */ let a = 1;',
    'const many: anything = 1;',
  ];
  for (const text of good) expect(bannedWords({ path: 'x.ts', text }), text).toEqual([]);
  const self = 'test/tidy.test.ts';
  expect([...sources, ...tests, ...page].filter((file) => file.path !== self).flatMap(bannedWords)).toEqual(
    [],
  );
});

// ---- the page

test('every file of the page says what it is, and none makes markup of text', () => {
  const unsaid = page.filter(({ text }) => !text.startsWith('// '));
  expect(unsaid.map(({ path }) => path)).toEqual([]);
  const markup = /dangerouslySetInnerHTML|\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write/;
  expect(matches('x', 'a.innerHTML = b', markup, 'markup')).toHaveLength(1);
  expect(page.flatMap(({ path, text }) => matches(path, text, markup, 'markup'))).toEqual([]);
});

test('the core is synchronous', () => {
  const core = sources.filter((file) => file.path.startsWith('src/core/'));
  const complaints = core.flatMap(({ path, text }) =>
    matches(path, codeOf(text), /(^|[^'"`\w])(async|await)\s/, 'async code'),
  );
  expect(complaints).toEqual([]);
});

// ---- the lock file

test('package-lock.json names no private registry and lacks no platform', () => {
  const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  const hosts = [...lock.matchAll(/"resolved": "(\w+:\/\/[^/"]+)/g)].map((match) => match[1]);
  expect(hosts.filter((host) => host !== 'https://registry.npmjs.org')).toEqual([]);
  const program = join(ROOT, 'scripts/complete-lock.mjs');
  const { stdout } = spawnSync(process.execPath, [program, '--check'], { cwd: ROOT, encoding: 'utf8' });
  expect(stdout, 'run `node scripts/complete-lock.mjs`').toBe('');
});
