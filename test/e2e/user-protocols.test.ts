// Protocols that users bring, over the command line and over HTTP: the shipped examples do what they say, a session outlives
// its file, and whatever the user's code does, it is a typed error and the server stays up.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SessionView } from '../../src/sessions/session.view.js';
import { documentOf, Folders, rootline } from './cli-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const EXAMPLES = fileURLToPath(new URL('../../examples/protocols/', import.meta.url));
const FIRST = 'for_each_tdp_mmu_root';
const LOOKUP = 'kvm_tdp_mmu_get_vcpu_root_hpa';

/** v5.18 with one line more in the step that looks for a root. */
const withLine = (line: string): string => `
  const kept = [];
  export default (api) => api.extend('v5.18', { steps: { ${LOOKUP}: {
    ${FIRST}: [
      (l) => api.op.list_first(l.vm),
      (l, root) => { l.root = root; ${line}; return root < 0 ? 'tdp_mmu_alloc_sp' : 'role_word_equal'; },
    ],
  } } });`;
const withLoad = (steps: string): string => `
  export default (api) => api.extend('v5.18', { replace: [ api.procedure('kvm_mmu_load',
    { file: 'mmu.c', since: 'mine', leftOut: '', params: ['vcpu'], locals: ['n'] }, { ${steps} }) ] });`;
const AT = `${LOOKUP} @ ${FIRST}`;

/** name, text, what the error says; `load`: no session is made. */
const FAULTS: readonly (readonly [string, string, string | RegExp, 'load' | 'run'])[] = [
  ['top-loop', 'for (;;); export default 1;', '(time) top-loop.mjs: it ran for more than', 'load'],
  [
    'top-import',
    "import 'node:fs'; export default 1;",
    '(forbidden) top-import.mjs: import of "node:fs"',
    'load',
  ],
  ['top-throws', 'null.x; export default 1;', /\(threw\) top-throws\.mjs: TypeError: .* \(line 1\)/, 'load'],
  ['top-global', 'export default setTimeout;', '(forbidden) top-global.mjs: setTimeout is not there', 'load'],
  ['loops', withLine('for (;;);'), `(time) loops.mjs, ${AT}: it ran for more than`, 'run'],
  ['grows', withLine('for (;;) kept.push({ a: 1 })'), /\((memory|time)\) grows\.mjs, /, 'run'],
  // One allocation above every limit: V8 aborts its process.
  [
    'bursts',
    withLine("for (;;) kept.push('x'.repeat(2 ** 28).split(''))"),
    /\((memory|time)\) bursts\.mjs/,
    'run',
  ],
  ['throws', withLine("throw new RangeError('oh')"), `(threw) throws.mjs, ${AT}: RangeError: oh`, 'run'],
  ['clock', withLine('l.root += Date.now()'), `(forbidden) clock.mjs, ${AT}: Date is not there`, 'run'],
  ['random', withLine('Math.random()'), `(forbidden) random.mjs, ${AT}: Math.random is not there`, 'run'],
  ['exits', withLine('process.exit(0)'), `(forbidden) exits.mjs, ${AT}: process is not there`, 'run'],
  [
    'undeclared',
    withLine('l.root = l.rooot'),
    `(threw) undeclared.mjs, ${AT}: TypeError: ${LOOKUP} has no local rooot`,
    'run',
  ],
  ['network', withLine("fetch('http://127.0.0.1/')"), `(forbidden) network.mjs, ${AT}: fetch is not`, 'run'],
  ['files', withLine("import('node:fs')"), '(forbidden) files.mjs: import of "node:fs"', 'run'],
  [
    'global',
    withLine('globalThis.count = 1'),
    `(forbidden) global.mjs, ${AT}: globalThis.count is set: only the locals`,
    'run',
  ],
  [
    'escape',
    withLine("api.op.constructor.constructor('return process')().exit(0)"),
    `(threw) escape.mjs, ${AT}: EvalError: Code generation from strings disallowed`,
    'run',
  ],
  [
    'tells',
    withLoad("tell: [(l) => api.op.report(1, l.n), () => 'tell']"),
    '(step) tells.mjs, kvm_mmu_load @ tell: it tells more than stepEvents = 1024 events',
    'run',
  ],
  [
    'spins',
    withLoad("a: [null, () => 'b'], b: [null, () => 'a']"),
    /\(threw\) spins\.mjs, kvm_mmu_load @ [ab]: .*without a visible op/,
    'run',
  ],
];

function pattern(says: string | RegExp): RegExp {
  return typeof says === 'string' ? new RegExp(says.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')) : says;
}

const folders = new Folders();
const protocols = new TestFolder();
const data = new TestFolder();
let server: TestServer;

const file = (name: string): string => join(protocols.path, `${name}.mjs`);

beforeAll(async () => {
  for (const name of ['draft-on-v5.18', 'draft-rcu-walk', 'draft-refcount-1', 'v5.15-naive-seed'])
    copyFileSync(join(EXAMPLES, `${name}.mjs`), file(name));
  server = await TestServer.start(data.path, { protocolsDir: protocols.path });
});
afterAll(async () => {
  await server.stop();
  protocols.remove();
  data.remove();
});
afterEach(() => folders.clear());

describe('the examples', () => {
  test("the mail's patch on v5.18 behaves as the shipped draft", async () => {
    for (const scenario of ['smi', 'memslot', 'destroy-race']) {
      const [mine, shipped] = await Promise.all(
        ['draft-on-v5.18', 'seed-draft'].map((protocol) => server.run({ scenario, protocol })),
      );
      expect(mine!.state).toBe('finished');
      expect(mine!.digest).toBe(shipped!.digest);
      expect(mine!.userProtocol?.text).toBe(readFileSync(file('draft-on-v5.18'), 'utf8'));
    }
  });

  test('the second version reports nothing where the draft does, and costs nothing', async () => {
    const run = (protocol: string): Promise<SessionView> =>
      server.run({ scenario: 'create-fails', protocol });
    expect((await run('draft-on-v5.18')).findings).toBeGreaterThan(0);
    expect((await run('draft-rcu-walk')).findings).toBe(0);
  });

  test('refcount_set back to 1: I1 is violated', async () => {
    const session = await server.run({ scenario: 'memslot-idle', protocol: 'draft-refcount-1' });
    const violated = session.verdicts!.filter((v) => v.verdict === 'violated').map((v) => v.invariant);
    expect(violated).toContain('I1');
  });
});

test('the draft on v5.15, line by line: two memslot updates put one reference twice (B24)', async () => {
  const session = await server.run({ scenario: 'memslot-idle', protocol: 'v5.15-naive-seed' });
  const violated = session.verdicts!.filter((v) => v.verdict === 'violated').map((v) => v.invariant);
  expect(violated).toEqual(['I1', 'I2']);
});

test('the folder is listed beside the shipped protocols', async () => {
  writeFileSync(file('broken'), 'export default 7;');
  const { body } = await server.get<{
    protocols: { id: string; origin: string; base: string; fault: string | null }[];
  }>('/protocols');
  const users = body.protocols.filter((p) => p.origin === 'user');
  expect(users.map((p) => [p.id, p.base, p.fault])).toEqual([
    [
      'broken',
      null,
      "protocol-fault (form) broken.mjs: the default export is 7; expected (api) => api.extend('v5.18', {...})",
    ],
    ['draft-on-v5.18', 'v5.18', null],
    ['draft-rcu-walk', 'seed-draft', null],
    ['draft-refcount-1', 'seed-draft', null],
    ['v5.15-naive-seed', 'v5.15', null],
  ]);
  const refused = await server.post<{ type: string; detail: string }>('/sessions', {
    scenario: 'smi',
    protocol: 'broken',
  });
  expect([refused.status, refused.body.type]).toEqual([422, 'urn:rootline:problem:protocol-fault']);
  expect((await server.get('/protocols/broken')).status).toBe(200);
  expect((await server.get('/protocols/nobody')).status).toBe(404);
  rmSync(file('broken'));
});

test('a session replays after its file has changed, and after it has gone', async () => {
  writeFileSync(file('passing'), withLine('l.root = root'));
  const session = await server.run({ scenario: 'smi', protocol: 'passing' });
  expect(session.state).toBe('finished');
  writeFileSync(file('passing'), withLine('throw 1'));
  const replay = async (): Promise<unknown> => (await server.post(`/sessions/${session.id}/replay`)).body;
  expect(await replay()).toMatchObject({
    verified: true,
    by: { fold: { verified: true }, schedule: { rows: session.stored } },
  });
  rmSync(file('passing'));
  expect(await replay()).toMatchObject({ verified: true });
});

describe('whatever the code does', () => {
  for (const [name, text, says, when] of FAULTS) {
    test(`over HTTP: ${name}`, async () => {
      writeFileSync(file(name), text);
      const answer = await server.post<SessionView & { detail: unknown }>('/sessions', {
        scenario: 'smi',
        protocol: name,
      });
      const session = when === 'load' ? null : await server.ended(answer.body.id);
      const said = session === null ? answer.body.detail : (session.detail?.message ?? session.reason);
      expect(said).toMatch(pattern(says));
      expect(answer.status).toBe(when === 'load' ? 422 : 201);
      expect(session?.outcome).toBe(when === 'load' ? undefined : 'failed');
      rmSync(file(name));
      expect((await server.get('/protocols/v5.18')).status).toBe(200);
    });
  }
  test('the server still runs sessions', async () => {
    expect((await server.run({ scenario: 'smi', protocol: 'draft-on-v5.18' })).state).toBe('finished');
  });

  test.each(FAULTS.filter(([name]) => ['top-import', 'bursts', 'clock', 'tells'].includes(name)))(
    'over the command line: %s',
    (name, text, says) => {
      writeFileSync(file(name), text);
      const ended = rootline(['run', 'smi', '--protocol', file(name), '--data', folders.fresh()]);
      rmSync(file(name));
      expect(ended.stdout + ended.stderr).toMatch(pattern(says));
      expect(ended.code).toBe(2);
    },
  );
});

describe('the command line', () => {
  const draft = join(EXAMPLES, 'draft-on-v5.18.mjs');

  test('run, replay, and the line that makes it again', () => {
    const folder = folders.fresh();
    const mine = documentOf(rootline(['run', 'smi', '--protocol', draft, '--data', folder, '--json']));
    const shipped = documentOf(
      rootline(['run', 'smi', '--protocol', 'seed-draft', '--data', folder, '--json']),
    );
    expect(mine['digest']).toBe(shipped['digest']);
    const replayed = rootline(['replay', '1', '--data', folder, '--json']);
    expect([replayed.code, documentOf(replayed)['verified']]).toEqual([0, true]);
    const again = rootline(['run', 'smi', '--protocol', draft, '--data', folder])
      .stderr.trim()
      .split('\n')
      .at(-1)!;
    expect(again).toContain(`--protocol ${draft}`);
    expect(rootline(['verify', '--data', folder]).stdout).toContain('whole');
  });

  test('protocols diff names what the file replaces', () => {
    const ended = rootline(['protocols', 'diff', 'v5.18', draft, '--json']);
    const diff = documentOf(ended) as unknown as {
      functions: { function: string; after: string }[];
      rules: unknown[];
    };
    expect(diff.functions.map((f) => f.function).sort()).toEqual([
      'kvm_mmu_uninit_tdp_mmu',
      'kvm_tdp_mmu_get_vcpu_root_hpa',
      'kvm_tdp_mmu_invalidate_all_roots',
      'kvm_tdp_mmu_put_root',
    ]);
    expect(diff.functions.every((f) => f.after.startsWith(basename(draft)))).toBe(true);
    expect(diff.rules).toHaveLength(4);
  });

  test('validate holds the file against the recordings of its base', () => {
    const ended = rootline(['validate', '--protocol', join(EXAMPLES, 'draft-rcu-walk.mjs'), '--json']);
    const { rows, failed } = documentOf(ended) as unknown as { rows: { protocol: string }[]; failed: number };
    expect([ended.code, failed]).toEqual([0, 0]);
    expect(rows.length).toBeGreaterThan(20);
    expect(new Set(rows.map((row) => row.protocol))).toEqual(new Set(['draft-rcu-walk']));
  });

  test("explore: the draft's lock assertion is found, its second version holds; a step that loops is named", () => {
    const searched = (name: string): { verdict: string; invariant: string | null; workers: number } =>
      documentOf(
        rootline(['explore', 'create-failure', '--protocol', join(EXAMPLES, `${name}.mjs`), '--json']),
      ) as never;
    expect(searched('draft-on-v5.18')).toMatchObject({
      verdict: 'violated',
      invariant: 'LOCKDEP_HELD_WRITE',
    });
    expect(searched('draft-rcu-walk')).toMatchObject({ verdict: 'holds', workers: 1, reductions: [] });
    writeFileSync(file('searched'), withLine('for (;;);'));
    const looping = rootline(['explore', 'v-v', '--protocol', file('searched')]);
    rmSync(file('searched'));
    expect([looping.code, looping.stderr]).toEqual([
      2,
      expect.stringContaining(`searched.mjs, ${AT}: it ran`),
    ]);
  });

  test('explore: what a module remembers breaks a rule, and is not said to be found', () => {
    writeFileSync(
      file('remembers'),
      `let calls=0;
export default (api) => api.extend('v6.4', {title:'module state', steps:{ kvm_tdp_mmu_get_vcpu_root_hpa:{ tdp_mmu_alloc_sp:[ (l)=>{ calls++; return api.op.alloc_root(l.vm,l.role, calls % 40 === 0 ? 1 : 2)}, (l,root)=>{l.root=root; return 'spin_lock'}] } } });`,
    );
    const ended = rootline(['explore', 'v-m', '--protocol', file('remembers')]);
    rmSync(file('remembers'));
    expect([ended.code, ended.stderr]).toEqual([
      2,
      expect.stringContaining('remembers.mjs: it keeps state outside the world'),
    ]);
    expect(ended.stderr).toContain('by the same steps of a new instance nothing is');
  });

  test('a file that is not there', () => {
    const ended = rootline(['run', 'smi', '--protocol', 'nowhere.mjs', '--data', folders.fresh()]);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('nowhere.mjs cannot be read')]);
  });
});
