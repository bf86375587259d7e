// `rootline/client` as a stranger has it: the package is packed, unpacked into the node_modules of another project with
// nothing of ours around it, type-checked there by strict TypeScript without the types of Node, and run.
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestFolder, TestServer } from './server-under-test.js';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const CONSUMER = `
import { LiveError, PositionConflict, RootlineClient, RootlineError } from 'rootline/client';
import type { CommandAnswer, RootlineEvent, Session } from 'rootline/client';

/** Told of every change, and first of all that the list is to be read: nothing can be missed. */
async function waiting(rootline: RootlineClient, id: string): Promise<Session> {
  for await (const { changes, overflow } of rootline.watch()) {
    if (!overflow && !changes.some((change) => change.session === id)) continue;
    const session = await rootline.session(id);
    if (session.state === 'waiting') return session;
  }
  throw new Error('a watch does not end by itself');
}

export async function use(rootline: RootlineClient): Promise<readonly string[]> {
  const told: string[] = [];
  const { id } = await rootline.createSession({ scenario: 'live', protocol: 'v6.4' });
  const session = await waiting(rootline, id);
  const made: CommandAnswer = await rootline.command(session.id, session.stored, { command: 'createVm' });
  told.push(made.session.state, String(made.command.number));
  try {
    await rootline.command(session.id, session.stored, { command: 'addVcpu', vcpu: 0 });
  } catch (error) {
    if (error instanceof PositionConflict) told.push(error.code, String(error.problem.status));
    else if (error instanceof RootlineError || error instanceof LiveError) throw error;
  }
  const events: RootlineEvent[] = [];
  for await (const event of rootline.events(session.id)) events.push(event);
  told.push(String(events.length === made.session.stored));
  await rootline.cancelSession(session.id);
  let live = 0;
  for await (const batch of rootline.live(session.id, { encoding: 'compact' })) live += batch.timeNs.length;
  for await (const batch of rootline.live(session.id)) live -= batch.events.length;
  told.push(String(live));
  return told;
}
`;

/** Each line must be refused by the compiler: types that accept everything would be no types. */
const WRONG = [
  `void rootline.command('1', 3, { command: 'makeTea' });`,
  `void rootline.command('1', 3, { command: 'touch', vcpu: 0 });`,
  `void rootline.command('1', 3, { command: 'touch', vcpu: '0', gfn: 1 });`,
  `void rootline.command('1', { command: 'end' });`,
  `void rootline.createSession({ scenario: 'smi' });`,
  `void rootline.session(1);`,
  `for await (const batch of rootline.live('1')) batch.timeNs;`,
];

const folder = new TestFolder();
const dataFolder = new TestFolder();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(dataFolder.path);
  done(
    spawnSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder.path], {
      cwd: ROOT,
    }),
  );
  const archive = readdirSync(folder.path).find((name) => name.endsWith('.tgz'))!;
  done(spawnSync('tar', ['xzf', archive], { cwd: folder.path }));
  const modules = join(folder.path, 'node_modules');
  mkdirSync(modules);
  renameSync(join(folder.path, 'package'), join(modules, 'rootline'));
  for (const name of ['zod', 'ws']) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'dir');
  write('package.json', '{"type":"module"}');
  write(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'ES2022',
        lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        outDir: 'out',
        rootDir: '.',
      },
    }),
  );
});
afterAll(async () => {
  await server.stop();
  folder.remove();
  dataFolder.remove();
});

function done({ status, stderr }: { readonly status: number | null; readonly stderr: Buffer }): void {
  if (status !== 0) throw new Error(`status ${status}: ${stderr.toString()}`);
}

function write(name: string, text: string): void {
  writeFileSync(join(folder.path, name), text);
}

function compile(): { readonly status: number | null; readonly stdout: string } {
  return spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(folder.path, 'tsconfig.json')],
    { encoding: 'utf8' },
  );
}

test('strict TypeScript takes it, and refuses what is wrong', () => {
  write('consumer.ts', CONSUMER);
  const good = compile();
  expect(good.stdout).toBe('');
  expect(good.status).toBe(0);
  const head = `import type { RootlineClient } from 'rootline/client';\ndeclare const rootline: RootlineClient;\n`;
  write('wrong.ts', head + WRONG.join('\n'));
  const lines = [...compile().stdout.matchAll(/wrong\.ts\((\d+),/gm)].map((match) => Number(match[1]));
  write('wrong.ts', '');
  expect([...new Set(lines)]).toEqual(WRONG.map((_, k) => k + 3));
}, 120_000);

test('it runs', async () => {
  write(
    'main.js',
    `import { RootlineClient } from 'rootline/client';
     import { use } from './out/consumer.js';
     console.log(JSON.stringify(await use(new RootlineClient({ url: process.argv[2] }))));`,
  );
  const output = await run(['main.js', server.server.url]);
  expect(JSON.parse(output)).toEqual(['waiting', '1', 'position-conflict', '412', 'true', '0']);
});

test('nothing of the server and nothing of Node is loaded with it', () => {
  const client = join(folder.path, 'node_modules/rootline/dist/src/client');
  const imports = readdirSync(client)
    .filter((name) => name.endsWith('.js'))
    .flatMap((name) => [
      ...readFileSync(join(client, name), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g),
    ])
    .map((match) => match[1]!);
  expect(imports.length).toBeGreaterThan(8);
  expect(imports.filter((name) => !/^\.\/[a-z-]+\.js$/.test(name))).toEqual(['ws']);
});

/** Lines that the types of `rootline/protocol` must refuse. */
const WRONG_PROTOCOL = [
  `api.op.get_root(1);`,
  `api.fn.kvm_put_rot;`,
  `api.constants.HOLDER.nobody;`,
  `api.extend('v5.18', { rules: { initialRefcount: 3 } });`,
  `api.procedure('f', { file: '', since: '', leftOut: '', params: ['a'] }, { x: [(l) => api.op.read_role(l.b), () => 'x'] });`,
  `api.procedure('f', { file: '', since: '', leftOut: '', params: ['a'] }, { x: [null, () => 'y'] });`,
];

test("rootline/protocol types a stranger's protocol: the shipped examples as JavaScript, and what is wrong is refused", () => {
  const examples = join(folder.path, 'node_modules/rootline/examples/protocols');
  const names = readdirSync(examples);
  expect(names.length).toBeGreaterThanOrEqual(4);
  for (const name of names) write(name, readFileSync(join(examples, name), 'utf8'));
  const module = `/** @type {import('rootline/protocol').ProtocolModule} */\nexport default (api) => {\n`;
  write('wrong.mjs', `${module}${WRONG_PROTOCOL.join('\n')}\nreturn api.extend('v5.18', {});\n};\n`);
  const { compilerOptions } = JSON.parse(readFileSync(join(folder.path, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: object;
  };
  const options = { ...compilerOptions, allowJs: true, checkJs: true, noEmit: true };
  write('tsconfig.js.json', JSON.stringify({ compilerOptions: options, include: ['*.mjs'] }));
  const { stdout } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.js.json'],
    { encoding: 'utf8', cwd: folder.path },
  );
  const found = [...stdout.matchAll(/^(\S+\.mjs)\((\d+),/gm)].map((match) => `${match[1]} ${match[2]}`);
  expect([...new Set(found)]).toEqual(WRONG_PROTOCOL.map((_, k) => `wrong.mjs ${k + 3}`));
}, 120_000);

/** Not spawnSync: the server is in this process. */
function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder.path, timeout: 30_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}\n${stderr}`));
    });
  });
}
