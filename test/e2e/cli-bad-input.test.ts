// Every bad input: exit code 2, a word on what was expected, nothing on stdout, and nothing half done. What is refused
// before a store is opened runs in one process, command behind command; the rest as a process each.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, Folders, rootline, rootlineInTurn } from './cli-support.js';

const folders = new Folders();
afterAll(() => folders.clear());

const RUN = ['run', 'smi', '--protocol', 'v5.18'];

const REFUSED: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['frobnicate'], /unknown command 'frobnicate'/],
  [[], /Usage: rootline/],
  [['run', '--protocol', 'v5.18'], /missing required argument 'scenario'/],
  [['run', 'smi'], /required option '--protocol <id>'/],
  [['run', 'nowhere', '--protocol', 'v5.18'], /unknown scenario "nowhere"; expected one of: .*smi/],
  [['run', 'smi', '--protocol', 'v0.0'], /unknown protocol "v0.0"; expected one of: .*v5\.18, seed-draft/],
  [['run', 'smi', 'smi', '--protocol', 'v5.18'], /too many arguments/],
  [[...RUN, '--seed', 'abc'], /--seed must be a whole number/],
  [[...RUN, '--seed', '-1'], /--seed/],
  [[...RUN, '--scheduler', 'lucky'], /unknown scheduler "lucky"; expected one of: timed/],
  [[...RUN, '--scheduler', 'scripted'], /scripted/],
  [[...RUN, '--recording', 'some'], /unknown recording "some"; expected one of: full, lifecycle/],
  [[...RUN, '--set', 'nothing=1'], /scenario smi has no parameter "nothing"/],
  [[...RUN, '--set', 'nothing'], /--set takes name=value/],
  [[...RUN, '--set', 'cost.gold=1'], /unknown cost "gold"; known: /],
  [[...RUN, '--set', 'cost.rootAllocated=99999999'], /cost rootAllocated must be an integer from/],
  [[...RUN, '--set', 'limit.patience=1'], /unknown limit "patience"; expected one of: events/],
  [[...RUN, '--set', 'limit.events=0'], /limit events must be an integer from 1/],
  [[...RUN, '--colour', 'red'], /unknown option '--colour'/],
  [
    ['run', 'smi-heavy', '--protocol', 'v5.18', '--set', 'smis=100001'],
    /parameter smis must be a whole number/,
  ],
  [['run', 'smi-heavy', '--protocol', 'v5.18', '--set', 'vcpus=0'], /parameter vcpus must be a whole number/],
  [['run', 'smi-heavy', '--protocol', 'v5.18', '--set', 'pages=x'], /parameter pages must be a whole number/],
  [['experiment', 'cold-fusion'], /Allowed choices are forced-reset, wsl-seabios/],
  [
    ['experiment', 'max-roots', '--async-smi', '5'],
    /--dr, --protocol and --async-smi are options of forced-reset/,
  ],
  [['experiment', 'max-roots', '--set', 'guestMode=1'], /experiment max-roots itself sets guestMode/],
  [['experiment', 'max-roots', '--set', 'nothing=1'], /has no parameter "nothing"/],
  [['experiment', '--dr', 'pray'], /Allowed choices are emulate-first-exit/],
  [['experiment', '--async-smi', 'often'], /--async-smi must be a whole number/],
  [['experiment', '--async-smi', '0'], /at least 1 virtual microsecond/],
  [['experiment', '--set', 'resetPolicy=none'], /the experiment itself sets resetPolicy/],
  [['experiment', '--set', 'nothing=1'], /has no parameter "nothing"/],
  [['show', 'first'], /a session's id is a whole number from 1/],
  [['export', '1', '--format', 'xml'], /unknown format "xml"; expected one of: perfetto, chrome, /],
  [['serve', '--port', '99999'], /--port must be a whole number from 0 to 65535/],
  [['validate', 'everything'], /too many arguments/],
];

describe('refused at once', () => {
  const cwd = folders.fresh();
  let ended: readonly Ended[];
  beforeAll(() => {
    ended = rootlineInTurn(
      REFUSED.map(([args]) => args),
      cwd,
    );
  });
  test.each(REFUSED.map(([args, says], n) => ({ args, says, n })))('$args', ({ says, n }) => {
    const { code, stdout, stderr } = ended[n]!;
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });
  test('as a process of its own', () => {
    for (const n of [0, 3]) expect(rootline(REFUSED[n]![0], cwd)).toEqual(ended[n]);
  });
});

describe('data folders', () => {
  test.each(['sessions', 'show', 'replay', 'export'])('%s makes no folder', (command) => {
    const cwd = folders.fresh();
    const ended = rootline([command, ...(command === 'sessions' ? [] : ['1'])], cwd);
    expect(ended.stderr).toMatch(/holds no Rootline data; expected a folder with events.sqlite/);
    expect(ended.code).toBe(2);
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });

  test('a session that is not there', () => {
    const data = folders.fresh();
    expect(rootline([...RUN, '--set', 'limit.events=50', '--data', data]).code).toBe(5);
    for (const command of ['show', 'replay', 'export']) {
      const ended = rootline([command, '99', '--data', data]);
      expect(ended.stderr).toMatch(/no session 99/);
      expect(ended.code).toBe(2);
      expect(ended.stdout).toBe('');
    }
  });

  test('a file that is no database', () => {
    const data = folders.fresh();
    writeFileSync(
      join(data, 'events.sqlite'),
      'these are not the bytes that you are looking for'.repeat(100),
    );
    const ended = rootline([...RUN, '--data', data, '--json']);
    expect(ended.stderr).toMatch(/events\.sqlite/);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toBe('');
  });

  test('a folder that another process has', () => {
    const data = folders.fresh();
    const other = new Database(join(data, 'owner.sqlite'));
    other.exec('BEGIN EXCLUSIVE');
    const ended = rootline([...RUN, '--data', data]);
    other.exec('ROLLBACK');
    other.close();
    expect(ended.stderr).toMatch(/in use by/);
    expect(ended.code).toBe(2);
    expect(existsSync(join(data, 'events.sqlite'))).toBe(false);
  });
});
