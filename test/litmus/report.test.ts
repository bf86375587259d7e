// Counterexamples for people: what is told of them must be what happens when the schedule runs on the ordinary machine.
import { expect, it } from 'vitest';
import { modelSpec } from '../../src/core/explorer/litmus/litmus.js';
import { machineLitmus } from '../../src/core/explorer/litmus/machine-litmus.js';
import { findLitmus } from '../../src/core/explorer/litmus/registry.js';
import { reportOf } from '../../src/core/explorer/report/counterexample-report.js';
import { type CounterexampleReport, reportText } from '../../src/core/explorer/report/counterexample-text.js';
import { follow } from '../../src/core/explorer/report/follow.js';
import { transplant } from '../../src/core/explorer/report/transplant.js';
import { smallestWorkload } from '../../src/core/explorer/report/workload.js';
import { BreadthFirst } from '../../src/core/explorer/search/breadth-first.js';
import { type Found, UNBOUNDED } from '../../src/core/explorer/search/found.js';
import { HashTable } from '../../src/core/explorer/search/visited.js';
import { createManifest } from '../../src/core/run/manifest.js';
import { findMachineLitmus } from '../../src/core/scenarios/litmus/index.js';
import { ownLitmus } from '../../src/core/scenarios/litmus/text/own-litmus.js';
import { litmusText } from '../../src/core/scenarios/litmus/text/print.js';
import { buildSimulation } from '../../src/sessions/build-simulation.js';
import { ALL, NONE } from './litmus-support.js';

function specOf(id: string, protocol: string, parameters: Record<string, number> = {}) {
  return modelSpec(findLitmus(id), { protocol, parameters, reductions: ALL });
}

function shortest(id: string, protocol: string): Found {
  const bounds = { ...UNBOUNDED, bytes: 2 ** 28 };
  const model = findLitmus(id).build(specOf(id, protocol));
  const search = new BreadthFirst(model, new HashTable(2 ** 28), { persistent: true, bounds });
  let state = search.start();
  while (state === 'working') state = search.advance(100_000);
  return search.found!;
}

function report(id: string, protocol: string): CounterexampleReport {
  const spec = { ...specOf(id, protocol), reductions: NONE };
  return reportOf(findLitmus(id).build(spec), spec, shortest(id, protocol))!;
}

it('B13: the two steps, what to delay, what the kernel prints; and the session breaks the rule at its last step', () => {
  const told = report('v-d', 'seed-draft');
  expect(told.ordering).toMatchObject({
    first: { thread: 'rcu', function: 'rcu_softirq', label: 'invoke_callback' },
    second: { thread: 'main', function: 'kvm_tdp_mmu_invalidate_all_roots', label: 'next' },
  });
  expect(told.recipe.bug).toMatch(/^B13:/);
  expect(told.recipe.splat).toMatch(/KASAN.* in kvm_tdp_mmu_invalidate_all_roots </);
  expect(told.recipe.delays).toEqual([
    expect.objectContaining({
      thread: 'main',
      function: 'kvm_tdp_mmu_invalidate_all_roots',
      label: 'next',
      until: [
        { thread: 'kworker0', function: 'kvm_tdp_mmu_put_root', label: 'call_rcu' },
        { thread: 'rcu', function: 'rcu_softirq', label: 'invoke_callback' },
      ],
    }),
  ]);
  // Calls in the order in which they begin, those of a litmus thread among the ioctls.
  expect(told.recipe.calls.map((call) => call.replace(/:.*: /, ': '))).toEqual([
    'main: MEMSET',
    'main: KVM_CREATE_VM',
    'main: KVM_SET_USER_MEMORY_REGION',
    'main: KVM_CREATE_VCPU',
    'vcpu0: KVM_RUN',
    'vcpu0: the guest touches a page that is not mapped yet',
    'main: CLOSE_VCPU',
    'main: CLOSE_VM',
  ]);
  expect(told.drawing.every((line) => line.length <= 80)).toBe(true);
  expect(told.drawing.join('\n')).toMatch(/free r1[\s\S]*USE AFTER FREE of r1\n.*I3 is broken/);
  expect(reportText(told)[0]).toBe(told.why);

  const simulation = buildSimulation(createManifest(told.session));
  const steps = told.session.schedule.reduce((sum, turn) => sum + turn.steps, 0);
  simulation.advance(steps - 1);
  expect(simulation.progress().findings).toBe(0);
  simulation.advance(100);
  expect(simulation).toMatchObject({ outcome: 'completed', steps, detail: { message: /through/ } });
  expect(simulation.invariants?.verdicts().find((v) => v.invariant === 'I3')).toMatchObject({
    verdict: 'violated',
  });
});

/** A delay in one line: whom, where, until. */
const held = ({ recipe }: CounterexampleReport): string[] =>
  recipe.delays.map(
    (d) =>
      `${d.thread} ${d.function} ${d.label}: ` +
      d.until.map((at) => `${at.thread} ${at.waits === true ? 'waits' : 'passed'} ${at.label}`).join(),
  );

it('B9: the fault is held before it takes the lock, although none of its steps came before', () => {
  const told = report('b9', 'v5.15');
  expect(held(told)).toEqual(['vcpu0 direct_page_fault read_lock: updater passed write_unlock']);
});

it('B6: calls as they begin; who is left inside a call is held there; the report is not expected yet', () => {
  const told = report('b6', 'v5.15');
  expect(told.recipe.calls.slice(-2).map((call) => call.split(':')[0])).toEqual(['updater', 'release']);
  expect(held(told)).toEqual([
    'release kvm_mmu_zap_all write_lock: updater passed write_unlock',
    'updater kvm_tdp_mmu_zap_invalidated_roots read_lock: release passed write_unlock',
  ]);
  expect(told.recipe.splat).toMatch(
    /^nothing at that step: I17 is broken.*WARNING in kvm_is_zone_device_pfn/,
  );
});

it('B7: the other thread waits for the lock that the delayed one holds, and no page is used yet', () => {
  const told = report('v-v-n', 'v5.15');
  expect(held(told)).toContain('notifier tdp_mmu_iter_cond_resched rwlock_needbreak: vcpu0 waits write_lock');
  expect(told.recipe.bug).toMatch(/^B7:/);
  expect(told.recipe.splat).toMatch(/^nothing at that step: I28 is broken/);
  const text = reportText(told);
  const recipe = text.slice(text.indexOf('on a real kernel:'));
  expect(recipe.every((line) => line.length <= 80)).toBe(true);
});

it('B2: what is left is told where the module is unloaded, not by the zap', () => {
  expect(report('b2', 'v5.10').recipe.splat).toMatch(/Objects remaining in \S+ in kmem_cache_destroy/);
});

it('what one thread does alone needs no order', () => {
  const told = report('create-failure', 'seed-draft');
  expect(told).toMatchObject({
    ordering: null,
    switches: 0,
    recipe: { bug: expect.stringMatching(/^B12:/) },
  });
});

it('the ordered pair of B9: the other way round the same threads break nothing', () => {
  const told = report('v-m', 'v5.15');
  const { first, second } = told.ordering!;
  expect([first.thread, second.thread]).toEqual(['updater', 'vcpu0']);
  const spec = { ...specOf('v-m', 'v5.15'), reductions: NONE };
  const model = findLitmus('v-m').build(spec);
  const of = (name: string) => told.schedule.filter(({ thread }) => model.threads[thread].name === name);
  expect(follow(model, told.schedule, true).violation).toMatchObject({ rule: 'I18' });
  expect(follow(model, [...of('vcpu0'), ...of('updater')], false).violation).toBeNull();
});

it('the smallest workload of B13 in the reference litmus', () => {
  const spec = specOf('reference', 'seed-draft', { resets: 2, vcpus: 2, workers: 1 });
  const search = smallestWorkload(findLitmus('reference'), spec, 'I3');
  let at = search.next();
  while (at.done !== true) at = search.next();
  expect(at.value?.spec.parameters).toEqual({ resets: 1, vcpus: 1, workers: 1, faults: 0 });
});

it("of a litmus of one's own only what is needed is left: one vCPU with a root, and the end", () => {
  const own = machineLitmus(ownLitmus(litmusText(findMachineLitmus('reference'))));
  const spec = modelSpec(own, { protocol: 'seed-draft', parameters: {}, reductions: ALL });
  const search = smallestWorkload(own, spec, 'I3');
  let at = search.next();
  while (at.done !== true) at = search.next();
  const { text } = at.value!.spec.userLitmus!;
  const calls = text
    .slice(text.indexOf('---'))
    .split('\n')
    .slice(1)
    .flatMap((line) => line.split('|'));
  expect(calls.map((call) => call.trim()).filter((call) => /^\w/.test(call))).toEqual([
    'await done x3',
    'load',
    'close vcpu 0',
    'close vcpu 1',
    'close vm',
  ]);
});

it.each([
  // The merged fix walks under RCU: the grace period cannot end while main stands between two roots.
  ['v6.4', 'impossible', 'rcu', 'rcu_softirq', 'gp_end', null],
  ['seed-draft', 'violates', 'main', 'kvm_tdp_mmu_invalidate_all_roots', 'next', 'I3'],
])('the schedule of B13 under %s: %s', (protocol, outcome, thread, name, label, rule) => {
  const told = report('v-d', 'seed-draft');
  const litmus = findLitmus('v-d');
  const spec = { ...specOf('v-d', 'seed-draft'), reductions: NONE };
  const { violation } = follow(litmus.build(spec), told.schedule, true);
  const found = { violation: violation!, schedule: told.schedule };
  expect(transplant(litmus, spec, found, protocol)).toMatchObject({
    outcome,
    thread,
    function: name,
    label,
    rule,
  });
});
