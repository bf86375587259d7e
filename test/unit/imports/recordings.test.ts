// Every recording, in every form that it was printed in, comes to the roots that its COUNTS.md states; every event says how
// it is known; what the codec stores is what was decoded; folding the rows gives the world that made them.
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MACHINE, PAGE, PAGE_KIND } from '../../../src/core/aggregates/layout.js';
import { ROLE } from '../../../src/core/aggregates/role.js';
import { KvmEventDecoder } from '../../../src/core/traces/kvm-events.js';
import { readTrace } from '../../../src/core/traces/trace-text.js';
import { countsOf, KERNELS } from '../traces/fixtures.js';
import { countOf, FIXTURES, type Imported, importText, textOf } from './support.js';

const textsIn = (folder: string): string[] =>
  readdirSync(`${FIXTURES}/${folder}`).filter((name) => name.endsWith('.txt.gz'));
const smm = ({ rows }: Imported): number =>
  rows.filter(({ type, values }) => type === 'RootAllocated' && (values[0] & ROLE.SMM) !== 0).length;
const observed = (imported: Imported, type: string): number =>
  imported.rows.filter((row) => row.type === type && row.how === 'observed').length;

describe.each(KERNELS)('%s', (kernel) => {
  const counts = countsOf(kernel);
  const scenarios = textsIn(kernel).map((file) => file.replace('.trace.txt.gz', ''));
  const bare = scenarios.filter((name) => name.startsWith('noprobe_'));

  // One announcement a root from 6.1 on, none on 5.10. Nothing else of a root's life leaves a tracepoint.
  test.each(bare)('%s', (scenario) => {
    const imported = importText(textOf(`${kernel}/${scenario}.trace.txt.gz`));
    const recorded = counts.get(scenario.replace('noprobe_', ''))!['root alloc (smm)'];
    const told = kernel === '5.10.262' ? '0 (0)' : recorded;
    expect(`${imported.summary.rootAllocations} (${smm(imported)})`).toBe(told);
    expect(countOf(imported, 'RootPut')).toBe(0);
  });

  test.each(scenarios.filter((name) => !bare.includes(name)))('%s', (scenario) => {
    const row = counts.get(scenario)!;
    const imported = importText(textOf(`${kernel}/${scenario}.trace.txt.gz`));
    const { summary } = imported;
    expect(summary).toMatchObject({ gaps: 0, unknown: 0, undecodable: 0, openWalks: 0, timesBackwards: 0 });
    expect(summary.vms).toBe(1);
    expect(summary).toMatchObject({ kernel, layout: 'recognised' });
    expect({
      roots: `${summary.rootAllocations} (${smm(imported)})`,
      gets: `${countOf(imported, 'RootLoaded')}`,
      puts: `${imported.rows.filter((r) => r.type === 'RootPut' && r.values[0] === 1).length}`,
      zaps: `${countOf(imported, 'RootZapStarted')}`,
      invalidated: `${countOf(imported, 'RootInvalidated')}`,
      npf: `${imported.rows.filter((r) => r.type === 'VcpuExited' && r.values[0] === 1).length}`,
      frees: `${observed(imported, 'RootFreed')}`,
    }).toEqual({
      roots: row['root alloc (smm)'],
      gets: row['vCPU get'],
      puts: row['vCPU put'],
      zaps: row['root zap'],
      invalidated: row['invalidated'],
      npf: row['npf'],
      frees: row['root free'],
    });
    const { putsCompared, putsDisagree } = summary.roots;
    expect(`${putsCompared - putsDisagree}/${putsDisagree}`).toBe(row['refcount ok/bad']);
    expect(summary.roots).toMatchObject({ putsUnexplained: 0, rootsFound: 0, freesWhileReferenced: 0 });
  });
});

const isCalls = (file: string): boolean => file.includes('function');

describe('the layouts', () => {
  test.each(textsIn('formats').filter(isCalls))('%s: roots by calls', (file) => {
    const { summary } = importText(textOf(`formats/${file}`));
    expect(summary).toMatchObject({ kernel: null, rootAllocations: file.startsWith('5.10') ? 41 : 2 });
  });

  test.each(textsIn('formats').filter((file) => !isCalls(file)))('%s', (file) => {
    const imported = importText(textOf(`formats/${file}`));
    const { summary } = imported;
    const kernel = /^(.*?)\.[a-z]/.exec(file)?.[1] ?? '';
    expect(summary.kernel).toBe(file.includes('noprobe') ? kernel.replace('-nofix', '') : kernel);
    const lost = /overrun|pipe_lost/.test(file) && kernel === '5.10.262';
    expect(summary).toMatchObject(lost ? { gaps: 1, lostEvents: 1_288 } : { gaps: 0, lostEvents: 0 });
    expect(imported.report.malformed).toEqual({});
  });

  test('one run printed in six ways is one session', () => {
    const rows = (name: string): unknown =>
      importText(textOf(`formats/6.1.192.${name}.txt.gz`)).rows.map(({ type, how, seenIn, values }) => ({
        type,
        how,
        seenIn,
        values,
      }));
    const raw = rows('tracecmd-report-raw');
    expect(rows('tracecmd-report')).toEqual(raw);
    expect(rows('tracecmd-report-noplugins')).toEqual(raw);
  });
});

describe('provenance', () => {
  const imported = importText(textOf('6.12.117/memslot.trace.txt.gz'));

  test('every event is observed, or inferred from something', () => {
    for (const { how, type } of imported.rows)
      expect(how, type).toMatch(/^(?:observed|observed; inferred: .+|inferred: .+)$/);
    expect(new Set(imported.rows.map(({ seenIn }) => seenIn)).size).toBeGreaterThan(15);
  });

  test('the lookup that no event shows is inferred (17.265110)', () => {
    // Both vCPUs' walks find nothing, one allocates, the other returns the same root.
    const inferred = imported.rows.filter(({ how }) => how === 'inferred: the lookup returned a known root');
    expect(inferred.map(({ type }) => type)).toContain('RootGot');
  });

  test('lines lead to their events', () => {
    const made = imported.lines.reduce((sum, line) => sum + line.rows, 0);
    expect(made).toBe(imported.rows.length);
    let position = 0;
    for (const { name, rows } of imported.lines) {
      for (const { type, seenIn } of imported.rows.slice(position, position + rows)) {
        // A slot is cleared behind the put.
        expect(seenIn).toBe(type === 'RootDropped' ? 'mmu_free_root_page' : name);
      }
      position += rows;
    }
  });
});

test.each(['6.1.192-nofix/smi.trace', '7.2.13/plain.trace', '5.10.262/dirty.trace'])(
  'the stored lines of %s are the decoded ones',
  (name) => {
    const text = textOf(`${name}.txt.gz`);
    const decoder = new KvmEventDecoder();
    const decoded = readTrace(text).events.map((frame) => ({ frame, event: decoder.decode(frame) }));
    const wanted = decoded.filter(({ event }) => event.type !== 'ignored');
    const { lines } = importText(text);
    expect(lines.length).toBe(wanted.length);
    for (const [k, { frame, event }] of wanted.entries()) {
      const { lineNumber, task, pid, tgid, cpu, time } = frame;
      expect(lines[k]).toMatchObject({ lineNumber, task, pid, tgid, cpu, time, name: frame.event });
      expect(lines[k]!.event).toEqual(event);
    }
  },
);

describe('gaps', () => {
  test('after lost events no count is known, of no root', () => {
    const text = textOf('6.1.192/smi.trace.txt.gz').split('\n');
    const at = 600;
    const cut = [...text.slice(0, at), 'CPU:1 [LOST 40 EVENTS]', ...text.slice(at + 40)].join('\n');
    const imported = importText(cut);
    expect(imported.summary).toMatchObject({ gaps: 1, lostEvents: 40 });
    expect(imported.summary.gapList).toEqual([{ line: at + 1, kind: 'lost', lost: 40, cpu: 1, probe: null }]);
    const gap = imported.rows.findIndex(({ type }) => type === 'TraceGap');
    const after = imported.rows.slice(gap).filter(({ type }) => type === 'RootPut' || type === 'RootGot');
    expect(after.length).toBeGreaterThan(10);
    for (const { values } of after) expect(values[1]).toBe(-1);
  });

  test('what kprobes missed is told where their profile is given', () => {
    const { summary } = importText(textOf('6.1.192-nofix/smi.trace.txt.gz'), null, [
      ['tdp_mmu_free_sp_rcu_callback', 23],
      ['kvm_mmu_load', 0],
    ]);
    expect(summary.gapList).toEqual([
      { line: 0, kind: 'kprobe misses', lost: 23, cpu: -1, probe: 'tdp_mmu_free_sp_rcu_callback' },
    ]);
  });

  test('a trace that begins in the middle of things finds roots, and believes no count of theirs', () => {
    const text = textOf('6.1.192/smi.trace.txt.gz').split('\n').slice(400).join('\n');
    const { summary, rows } = importText(text, '6.1.192');
    expect(summary.roots.rootsFound).toBeGreaterThan(0);
    expect(summary.roots.putsCompared).toBe(0);
    expect(rows.filter(({ type }) => type === 'RootFound').every(({ values }) => values[1] === -1)).toBe(
      true,
    );
  });
});

describe('who is who', () => {
  const smi = textOf('6.1.192/destroy_partial.trace.txt.gz');

  test('a VM whose address is used again is another VM', () => {
    const body = smi
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .join('\n');
    const { summary, rows } = importText(`${body}${body}`, '6.1.192');
    expect(summary).toMatchObject({ vms: 2, rootAllocations: 2, vcpus: 6 });
    expect(rows.filter(({ type }) => type === 'VmDestroyed')).toHaveLength(2);
    expect(summary.roots).toMatchObject({ putsDisagree: 0, rootsFound: 0 });
  });

  test('two VMs at once are told apart by their pointers', () => {
    const lines = smi.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const other = lines.map((line) =>
      line
        .replace(/kvmscen-(\d+)/, (_, pid: string) => `kvmscen-${Number(pid) + 5_000}`)
        .replaceAll(/0xffff888/g, '0xffff889')
        .replaceAll(/hpa=0x([0-9a-e]\w*)/g, (_, hpa: string) => `hpa=0x10${hpa.padStart(8, '0')}`)
        .replaceAll('0xffffc90', '0xffffc91'),
    );
    const { summary, rows } = importText(lines.flatMap((line, k) => [line, other[k]!]).join('\n'), '6.1.192');
    expect(summary.vms).toBe(2);
    const of = rows.filter(({ type }) => type === 'RootListed').map(({ values }) => values[0]);
    expect(of).toEqual([0, 1]);
  });
});

describe('a layout that was given', () => {
  test.each([
    ['5.10.180', '5.10.262'],
    ['6.3.1', '6.1.192-nofix'],
    ['6.6.30-generic', '6.1.192'],
    ['v6.11', '6.12.117'],
    ['6.18.2', '7.2.13'],
  ])('%s is read as %s, unverified', (kernel, nearest) => {
    const { summary } = importText(textOf(`${nearest}/smi.trace.txt.gz`), kernel);
    expect(summary).toMatchObject({ kernel: nearest, layout: 'unverified layout', kernelGiven: kernel });
    expect(summary.roots.putsDisagree).toBe(0);
  });

  test('6.1.y had the fix or not: what is printed decides', () => {
    for (const kernel of ['6.1.192', '6.1.192-nofix'])
      expect(importText(textOf(`${kernel}/smi.trace.txt.gz`), '6.1.90').summary.kernel).toBe(kernel);
  });

  test.each(['4.19.2', 'latest', '6'])('%s is refused', (kernel) => {
    expect(() => importText(textOf('6.1.192/smi.trace.txt.gz'), kernel)).toThrow(/kernel/);
  });
});

test('folding the rows gives roots that are all gone at the end', () => {
  const { world } = importText(textOf('6.1.192/memslot.trace.txt.gz'));
  let roots = 0;
  for (let page = 0; page < world.machineWord(MACHINE.PAGES_HIGH); page++)
    if (world.pageWord(page, PAGE.KIND) === PAGE_KIND.root) roots++;
  expect(roots).toBe(0);
  expect(world.machineWord(MACHINE.LIVE_ROOTS)).toBe(0);
});
