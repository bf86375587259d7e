// Litmus of a user's own: what is wrong with a text is told with file, line, column and what was expected; a good one is searched,
// and its counterexample carries the text.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { modelSpec } from '../../src/core/explorer/litmus/litmus.js';
import { machineLitmus } from '../../src/core/explorer/litmus/machine-litmus.js';
import { createManifest } from '../../src/core/run/manifest.js';
import { findMachineLitmus } from '../../src/core/scenarios/litmus/index.js';
import { LITMUS_CONSTANTS } from '../../src/core/scenarios/litmus/text/constants.js';
import { litmusOf, ownLitmus } from '../../src/core/scenarios/litmus/text/own-litmus.js';
import { litmusText } from '../../src/core/scenarios/litmus/text/print.js';
import { DEFAULT_BOUNDS } from '../../src/explorations/exploration.js';
import { explore } from '../../src/explorations/explore.js';
import { NONE } from './litmus-support.js';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLE = readFileSync(join(ROOT, 'examples/two-vcpus-unmap.litmus'), 'utf8');

function failureOf(work: () => unknown): Error | null {
  try {
    work();
    return null;
  } catch (error) {
    return error as Error;
  }
}

it.each([
  ['', '', 'row of thread names that begins with main'],
  ['litmus two-vcpus-unmap\n', '', 'line 1: expected "litmus NAME" first'],
  ['title:', 'titel:', 'line 2: expected one of: title, doc'],
  ['title:', 'doc:', 'line 3: doc is said twice'],
  [
    '| load              | load',
    '| lood              | load',
    'line 13, column vcpu0: "lood": expected one of: load, fault',
  ],
  [
    'fault gfn 8 read',
    'fault gfn 8',
    'line 15, column vcpu0: "fault gfn 8": expected read, write, exec, present',
  ],
  ['fault gfn 8 read', 'fault gfn 16 read', 'tables of 2 entries reach gfn 15'],
  ['fault gfn 8 read', 'fault gfn 8 read twice', 'expected nothing behind it, got "twice"'],
  [
    'fault gfn 8 read',
    'madvise_dontneed 0..8',
    'makes kernel functions, and one thread makes calls of one kind',
  ],
  ['madvise_dontneed 0..8', 'madvise_dontneed 8..0', 'pages of the process such as 0..1'],
  [
    'madvise_dontneed 0..8',
    'await done x9',
    'line 17, column notifier: "await done x9": expected at most x2',
  ],
  ['madvise_dontneed 0..8', 'await 7', 'expected at most x0: so often others arrive there'],
  [
    'madvise_dontneed 0..8',
    'KVM_SET_CPUID2 0 changed',
    'vcpu0 uses vCPU 0 at the same time, and vcpu->mutex keeps',
  ],
  ['madvise_dontneed 0..8', 'KVM_SET_MSRS 3', 'vCPU 3 is never created'],
  [
    'reset             |',
    'run               |',
    'expected a program above, such as "guest vcpu0: read 0, write 1"',
  ],
  ['slot 0 gfn 0..8 page 0', 'repeat', '"until done x1" behind it'],
  ['madvise_dontneed 0..8', 'close vm\n | | | close vm', '"close vm": it is closed already'],
  ['KVM_CREATE_VCPU 1\n', 'KVM_CREATE_VCPU 1\nclose vcpu 0\n', 'expected behind the line of dashes'],
  ['KVM_CREATE_VCPU 1\n', '\n', 'thread vcpu1 drives a vCPU: expected main to prepare it'],
  ['KVM_CREATE_VM\n', '\n', 'expected KVM_CREATE_VM by main before it'],
  ['KVM_CREATE_VCPU 1\n', 'KVM_CREATE_VCPU 9\n', 'a vCPU from 0 to 3, got "9"'],
  ['| kworker0 |', '| vcpu0    |', 'two threads have the name vcpu0'],
  [/^-.*$/m, '', 'expected a line of dashes'],
  [/^(-.*\n)[\s\S]*$/m, '$1', 'expected calls below the line of dashes: there is nothing to search'],
  ['left out:', 'constants: nxHugePage 1\nleft out:', 'constants: expected one of allocWorkqueueFails'],
  ['left out:', 'sizes: pages 9999\nleft out:', 'sizes: pages is at most 512, got 9999'],
  ['left out:', 'sizes: host pages 4\nleft out:', 'sizes: hostPages 4 is too small; the calls need 9'],
  ['left out:', 'ignores: everything!\nleft out:', 'ignores: expected invariants such as I26'],
  ['left out:', 'guest vcpu0: fly 3\nleft out:', 'guest vcpu0: "fly 3": expected one of: read, write'],
  ['left out:', 'guest vcpu3: read 3\nleft out:', 'there is no such vCPU; this litmus has 2'],
])('%j instead of %j: %s', (from, to, said) => {
  const text = from === '' ? '' : EXAMPLE.replace(from, to);
  expect(text).not.toBe(EXAMPLE);
  const refused = failureOf(() => ownLitmus(text, 'my.litmus'));
  expect(refused).toMatchObject({ code: 'litmus-text' });
  expect(refused?.message).toMatch(/^my\.litmus[,:]/);
  expect(refused?.message).toContain(said);
});

it('a preparation that does not come to its end is bad input', () => {
  const text = EXAMPLE.replace('KVM_CREATE_VCPU 1\n', 'KVM_CREATE_VCPU 1\nawait 9\n').replace(
    'madvise_dontneed 0..8',
    'arrive 9',
  );
  const litmus = machineLitmus(ownLitmus(text));
  const spec = modelSpec(litmus, { protocol: 'v6.4', parameters: {}, reductions: NONE });
  expect(() => litmus.build(spec)).toThrow(expect.objectContaining({ code: 'litmus-preparation' }));
});

it('the manifest carries the text, and is refused where the text is not the one that it names', () => {
  const { source, id } = ownLitmus(EXAMPLE);
  const manifest = createManifest({ scenario: 'whatever', protocol: 'v6.4', userLitmus: { text: EXAMPLE } });
  expect(manifest).toMatchObject({ scenario: id, userLitmus: source });
  expect(() => litmusOf({ ...source, text: EXAMPLE.replace('0..8', '0..7') })).toThrow(
    /its text has the digest/,
  );
});

it('a text of everything at its limit is read, one call more is not', () => {
  const calls = (n: number): string => EXAMPLE + '                        | reset\n'.repeat(n);
  expect(ownLitmus(calls(60)).build({}).threads).toHaveLength(6);
  expect(() => ownLitmus(calls(61))).toThrow(/LITMUS_LIMITS.calls = 64 calls, got 65/);
  expect(() => ownLitmus(`${EXAMPLE}${'#'.repeat(40_000)}`)).toThrow(/LITMUS_LIMITS.bytes = 32768/);
});

it('written again, it is the same text', () => {
  const text = litmusText(ownLitmus(EXAMPLE));
  expect(litmusText(ownLitmus(text))).toBe(text);
});

it('knows every constant that a procedure or the guest reads', () => {
  const read = new Set<string>();
  for (const folder of ['kernel', 'machine', 'guest', 'userspace', 'protocols'])
    for (const entry of readdirSync(join(ROOT, 'src/core', folder), {
      recursive: true,
      withFileTypes: true,
    })) {
      if (!entry.name.endsWith('.ts')) continue;
      const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
      for (const [, a, b] of text.matchAll(/constants(?:\.(?!js\b)(\w+)|\[\s*'(\w+)')/g)) read.add(a ?? b!);
    }
  expect(read.size).toBeGreaterThan(20);
  expect([...read].filter((name) => !LITMUS_CONSTANTS.includes(name))).toEqual([]);
  expect(LITMUS_CONSTANTS.filter((name) => !read.has(name))).toEqual([]);
});

it('a search that needs more than the sizes say is bad input that names the size', async () => {
  const text = litmusText(findMachineLitmus('v-m')).replace(/^sizes:.*$/m, 'sizes: pages 6');
  const litmus = machineLitmus(ownLitmus(text));
  const spec = modelSpec(litmus, { protocol: 'v6.4', parameters: {}, reductions: NONE });
  const asked = { spec, search: 'exhaustive', bounds: DEFAULT_BOUNDS, workers: 1, seed: 1 } as const;
  const samples = { schedules: 1, pctDepth: 1, exact: false, liveness: false };
  await expect(explore({ ...asked, ...samples })).rejects.toMatchObject({
    code: 'litmus-limit',
    message: expect.stringContaining('topology.pages = 6') as string,
  });
});
