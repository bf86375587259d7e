// The ledger of a root: on the draft's two bugs, on protocols that were broken on purpose, and against the world's own
// count at many positions of every scenario.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LOCK_KIND, MACHINE, PAGE, PAGE_KIND, VCPU } from '../../../src/core/aggregates/layout.js';
import { E } from '../../../src/core/events/catalogue.js';
import { HOLDER } from '../../../src/core/events/root.events.js';
import { fn } from '../../../src/core/kernel/functions.js';
import { op } from '../../../src/core/machine/op.js';
import { call, type Procedure, procedure, ret } from '../../../src/core/machine/procedure.js';
import { ledgerOf, type RootLedger } from '../../../src/core/projections/ledger/ledger.js';
import { ledgerText } from '../../../src/core/projections/ledger/ledger-text.js';
import { extend } from '../../../src/core/protocols/protocol.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { createManifest } from '../../../src/core/run/manifest.js';
import { Simulation } from '../../../src/core/run/simulation.js';
import { findScenario, SCENARIOS } from '../../../src/core/scenarios/library.js';
import { simulation } from '../../support/harness.js';
import { MemoryHistory } from '../../support/history.js';

const B13 = { scenario: 'destroy-race', protocol: 'seed-draft', scheduler: 'random', seed: 13 } as const;
const LEFT_OUT = { file: 'a test', since: 'v6.4', leftOut: 'nothing' } as const;

function golden(name: string, text: string): void {
  const path = new URL(`../../golden/${name}.txt`, import.meta.url);
  if (process.env['UPDATE'] === '1') writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}

/** `smi` under v6.4 with one function replaced. */
function mutated(replace: Procedure): MemoryHistory {
  const base = findProtocol('v6.4');
  const protocol = extend(base, { id: 'mutated', title: 'broken', source: 'a test', replace: [replace] });
  const manifest = createManifest({ scenario: 'smi', protocol: 'v6.4' });
  const scenario = findScenario('smi').build(manifest.parameters as Record<string, number>);
  return new MemoryHistory(
    new Simulation({ manifest: { ...manifest, protocolDigest: '' }, protocol, scenario }),
  );
}

/** The roots that exist, as the world has them. */
function rootsOf(history: MemoryHistory, at: number): { root: number; vm: number; refcount: number }[] {
  const w = history.worldAt(at);
  const pages = Array.from({ length: w.machineWord(MACHINE.PAGES_HIGH) }, (_, p) => p);
  return pages
    .filter((p) => w.pageWord(p, PAGE.KIND) === PAGE_KIND.root)
    .map((p) => ({
      root: w.pageWord(p, PAGE.SERIAL),
      vm: w.pageWord(p, PAGE.VM),
      refcount: w.pageWord(p, PAGE.REFCOUNT),
    }));
}

function kinds(ledger: RootLedger): string[] {
  return ledger.faults.map(({ kind, owner }) => `${kind}: ${owner}`);
}

describe('the draft', () => {
  test('B13: the walk at destruction touches a root whose last reference the worker has put', () => {
    const history = new MemoryHistory(simulation(B13));
    const ledger = ledgerOf(history, { vm: 1, root: 4, at: history.end });
    expect(ledger.state).toBe('freed');
    expect(new Set(kinds(ledger))).toEqual(new Set(['useAfterFree: vmm1']));
    expect(ledger.faults[0]?.at).toMatchObject({
      position: history.rows({ from: 1, to: history.end, limit: 1, types: [E.FreedPageTouched] }).position[0],
      function: 'kvm_tdp_mmu_invalidate_all_roots',
    });
    // Its own references were all given back: what is wrong is the walk, not a count.
    expect(ledger.references.filter((r) => r.state !== 'givenBack')).toEqual([]);
    expect(ledger.balance).toBe(0);
    golden('ledger-b13', `${ledgerText(ledger).join('\n')}\n`);
    for (const line of ledgerText(ledger)) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('before the damage the same root is held by the work item, which has the TDP MMU reference as a gift', () => {
    const history = new MemoryHistory(simulation(B13));
    const scheduled = history.rows({
      from: 1,
      to: history.end,
      limit: 9,
      types: [E.RootZapScheduled],
      subject: 67,
    });
    const ledger = ledgerOf(history, { vm: 1, root: 4, at: scheduled.position[0] });
    expect(ledger.faults).toEqual([]);
    const work = ledger.references.find((r) => r.state === 'held' && r.holder === 'work');
    expect(work).toMatchObject({ owner: 'work item', why: 'invalidation gift', givenBack: null });
    expect(work?.moves.map((move) => move.to)).toEqual(['work']);
  });

  test('B12: a VM that could not be created has no root, and its ledger says so', () => {
    const history = new MemoryHistory(simulation({ scenario: 'create-fails', protocol: 'seed-draft' }));
    expect(() => ledgerOf(history, { vm: 0, root: 1, at: history.end })).toThrow(
      `there is no root 1 at position ${history.end}: no root was born before it`,
    );
  });
});

describe('protocols broken on purpose', () => {
  test('a worker that forgets its put: the leak is the invalidation gift, known when the VM is gone', () => {
    const history = mutated(
      procedure(
        'tdp_mmu_zap_root_work',
        { ...LEFT_OUT, params: ['root'], locals: ['vm'] },
        {
          read_lock: [
            (l) => {
              l.vm = l.w.pageWord(l.root, PAGE.VM);
              op.read_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock));
            },
            (l) => call(fn.tdp_mmu_zap_root, 'read_unlock', l.vm, l.root, 1),
          ],
          read_unlock: [(l) => op.read_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
        },
      ),
    );
    const [gone] = Array.from(
      history.rows({ from: 1, to: history.end, limit: 1, types: [E.VmDestroyed] }).position,
    );
    const ledger = ledgerOf(history, { vm: 0, root: 1, at: history.end });
    expect(kinds(ledger)).toEqual(['leak: work item']);
    expect(ledger.faults[0]?.at.position).toBe(gone);
    expect(ledger.references.filter((r) => r.state === 'leaked')).toMatchObject([
      { holder: 'work', why: 'invalidation gift', givenBack: null },
    ]);
    expect([ledger.refcount, ledger.balance, ledger.state]).toEqual([1, 1, 'live']);
    // A moment before, the same reference is only held: the work item may still come.
    const before = ledgerOf(history, { vm: 0, root: 1, at: gone - 1 });
    expect([kinds(before), before.references.filter((r) => r.state === 'held').length]).toEqual([[], 1]);
  });

  test('a slot that is cleared without a put, and one whose reference is put twice: named by vCPU and slot', () => {
    const freeRootPage = (puts: number): Procedure =>
      procedure(
        'mmu_free_root_page',
        { ...LEFT_OUT, params: ['vcpu', 'slot', 'shared'], locals: ['vm', 'root', 'puts'] },
        {
          first: [
            null,
            (l) => {
              l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
              l.root = l.w.vcpuWord(l.vcpu, VCPU.ROOT + l.slot) - 1;
              l.puts = l.root < 0 ? -1 : 0;
              return l.root < 0 ? ret() : 'put';
            },
          ],
          put: [
            null,
            (l) =>
              l.puts++ < puts
                ? call(fn.kvm_tdp_mmu_put_root, 'put', l.vm, l.root, l.shared, HOLDER.vcpu)
                : 'clear',
          ],
          clear: [(l) => op.drop_root(l.vcpu, l.slot, l.w.pageWord(l.root, PAGE.ROLE), l.root), () => ret()],
        },
      );
    const none = mutated(freeRootPage(0));
    const leak = ledgerOf(none, { vm: 0, root: 1, at: none.end });
    const drops = none.rows({ from: 1, to: none.end, limit: 1, types: [E.RootDropped] });
    expect(kinds(leak)[0]).toBe('leak: vcpu0 root.hpa');
    expect(leak.faults[0]?.at).toMatchObject({ position: drops.position[0], function: 'mmu_free_root_page' });
    expect(leak.references[0]).toMatchObject({ owner: 'vcpu0 root.hpa', state: 'leaked' });

    const twice = mutated(freeRootPage(2));
    const puts = twice.rows({ from: 1, to: twice.end, limit: 1_000, types: [E.RootPut], subject: 19 });
    const second = Array.from(puts.position).filter((_, i) => puts.a[i] === HOLDER.vcpu)[1];
    const surplus = ledgerOf(twice, { vm: 0, root: 1, at: second });
    expect(kinds(surplus)).toEqual(['surplusPut: vcpu0 root.hpa']);
    expect(surplus.faults[0]?.at).toMatchObject({
      position: second,
      function: 'kvm_tdp_mmu_put_root',
      label: 'refcount_dec_and_test',
    });
  });
});

describe('any history', () => {
  test('the open references are the refcount, at any position of every scenario', () => {
    let checked = 0;
    const faulty = new Set<string>();
    for (const { id } of SCENARIOS) {
      for (const protocol of ['v5.18', 'seed-draft', 'v6.4', 'v6.6', 'v6.9', '7.2.13']) {
        const scheduler = id === 'boot' ? ('timed' as const) : ('random' as const);
        const run = {
          scenario: id,
          protocol,
          seed: 11,
          scheduler,
          limits: { events: 4_000 },
          invariants: false,
        };
        const history = new MemoryHistory(simulation(run));
        for (let k = 1; k <= 5; k++) {
          // (A live session has no event before its first command.)
          const at = Math.floor((history.end * k) / 5);
          for (const { root, vm, refcount } of rootsOf(history, at)) {
            const ledger = ledgerOf(history, { vm, root, at });
            const held = ledger.references.filter((r) => r.state !== 'givenBack').length;
            const where = `${id} under ${protocol}, root ${root} at ${at}`;
            expect([ledger.refcount, ledger.balance, held], where).toEqual([refcount, refcount, refcount]);
            if (ledger.faults.length > 0) faulty.add(`${id} ${protocol}`);
            checked++;
          }
        }
      }
    }
    expect(checked).toBeGreaterThan(200);
    expect([...faulty]).toEqual([]);
  });

  test('a long life read from its end only: the same references are held, taken by the same events', () => {
    const run = {
      scenario: 'boot',
      protocol: 'v6.4',
      parameters: { resetPolicy: 'every-exit' },
      invariants: false,
    };
    const history = new MemoryHistory(simulation({ ...run, limits: { events: 200_000 } }));
    const live = rootsOf(history, history.end)[0];
    const whole = ledgerOf(history, { ...live, at: history.end });
    const part = ledgerOf(history, { ...live, at: history.end }, 50);
    expect([whole.complete, part.complete]).toEqual([true, false]);
    expect(part.from).toBeGreaterThan(whole.born.position);
    const held = (ledger: RootLedger) =>
      new Set(
        ledger.references
          .filter((r) => r.state === 'held')
          .map((r) => `${r.owner}, ${r.why}, ${r.taken?.position}`),
      );
    expect(held(part)).toEqual(held(whole));
    expect(held(part).size).toBeGreaterThan(0);
    expect([part.refcount, part.balance, part.born]).toEqual([whole.refcount, whole.balance, whole.born]);
  });

  test('errors say what there is', () => {
    const history = new MemoryHistory(simulation({ scenario: 'smi', protocol: 'v5.18' }));
    const ask = (vm: number, root: number, at: number, limit?: number) => () =>
      ledgerOf(history, { vm, root, at, ...(limit === undefined ? {} : { limit }) });
    expect(ask(0, 999, history.end)).toThrow(
      /there is no root 999 at position \d+: roots 1 to \d+ were born by then/,
    );
    expect(ask(0, 2, 100)).toThrow(/root 2 is born at position \d+/);
    expect(ask(1, 1, history.end)).toThrow('root 1 belongs to tdp-mmus.0, not to tdp-mmus.1');
    expect(ask(0, 1, history.end, -1)).toThrow('limit must be a whole number from 0 to 1000');
  });
});
