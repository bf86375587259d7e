// A user's protocol as the core takes it in: what it may replace, and that each mistake names file, procedure and label.
import { expect, test } from 'vitest';
import { World } from '../../../src/core/aggregates/world.js';
import { ProtocolFault } from '../../../src/core/base/errors.js';
import { modelSpec } from '../../../src/core/explorer/litmus/litmus.js';
import { findLitmus } from '../../../src/core/explorer/litmus/registry.js';
import { STEP } from '../../../src/core/explorer/model.js';
import { pending } from '../../../src/core/machine/op.js';
import { diffProtocols } from '../../../src/core/protocols/diff.js';
import { link } from '../../../src/core/protocols/protocol.js';
import { adoptProtocol, findProtocol } from '../../../src/core/protocols/registry.js';
import type { ProtocolApi, ProtocolModule } from '../../../src/core/protocols/user-api.js';
import { takeIn } from '../../../src/core/protocols/user-protocol.js';
import { createManifest } from '../../../src/core/run/manifest.js';
import { Simulation } from '../../../src/core/run/simulation.js';
import { findScenario } from '../../../src/core/scenarios/library.js';
import { topology } from '../../../src/core/scenarios/topology.js';
import { runToEnd } from '../../support/harness.js';

const PUT = 'kvm_tdp_mmu_put_root';
const COUNT = 'refcount_dec_and_test';

function faultOf(module: unknown): string {
  try {
    takeIn('mine.mjs', module);
  } catch (error) {
    if (error instanceof ProtocolFault) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

const oneStep =
  (step: (api: ProtocolApi) => unknown): ProtocolModule =>
  (api) =>
    api.extend('v5.18', { steps: { [PUT]: { [COUNT]: step(api) } } } as never);

test('one step is replaced, everything else is the base itself', () => {
  const { protocol, stepNames } = takeIn(
    'mine.mjs',
    oneStep((api) => [
      (l: { root: number; holder: number }) => api.op.refcount_dec_and_test(l.root, l.holder),
      () => api.ret(),
    ]),
  );
  const base = findProtocol('v5.18');
  expect(protocol.id).toBe('mine');
  expect(protocol.replaced).toEqual([PUT]);
  expect(stepNames).toEqual(['', `${PUT} @ ${COUNT}`]);
  const [before, after] = [base, protocol].map((p) => p.procedures.find((q) => q.name === PUT)!);
  expect(Object.keys(after!.steps)).toEqual(Object.keys(before!.steps));
  expect(after!.steps['lockdep_assert']).toBe(before!.steps['lockdep_assert']);
  expect(diffProtocols(base, protocol).functions.map((f) => f.function)).toEqual([PUT]);
});

test('the digest is that of the text of the steps, not of the guard around them', () => {
  const ask = (l: { root: number; holder: number }): void => void [l];
  const digestOf = (then: () => string): string =>
    link(
      takeIn(
        'mine.mjs',
        oneStep(() => [ask, then]),
      ).protocol,
    ).digest;
  const one = (): string => 'lockdep_assert';
  const again = (): string => 'lockdep_assert';
  const other = (): string => 'refcount_dec_and_test';
  expect(digestOf(one)).toBe(digestOf(again));
  expect(digestOf(one)).not.toBe(digestOf(other));
});

test('what is no protocol says what was expected', () => {
  expect(faultOf(undefined)).toBe(
    "protocol-fault (form) mine.mjs: the default export is undefined; expected (api) => api.extend('v5.18', {...})",
  );
  expect(faultOf(() => ({}))).toContain('expected what api.extend gives');
  expect(faultOf((api: ProtocolApi) => api.extend('v0.1', {}))).toContain('unknown protocol "v0.1"');
  expect(faultOf((api: ProtocolApi) => api.extend('v5.18', { steps: { kvm_put_rot: {} } }))).toBe(
    'protocol-fault (form) mine.mjs, kvm_put_rot: v5.18 has no such function',
  );
  expect(
    faultOf((api: ProtocolApi) => api.extend('v5.18', { steps: { [PUT]: { refcount: [null, () => ''] } } })),
  ).toContain(`mine.mjs, ${PUT} @ refcount: no such step; it has lockdep_assert, ${COUNT}`);
  expect(faultOf(oneStep(() => 7))).toContain(`${PUT} @ ${COUNT}: a step is [ask, then], got 7`);
  expect(faultOf((api: ProtocolApi) => api.extend('v5.18', { constants: { nope: 1 } }))).toContain(
    'constant nope = 1',
  );
  expect(faultOf((api: ProtocolApi) => void (api.op as unknown as { get_root: unknown }).get_root)).toContain(
    'api.op has no get_root',
  );
  expect(
    faultOf((api: ProtocolApi) => {
      const p = api.shipped('v5.18', PUT);
      return api.extend('v5.18', { replace: [p, p] });
    }),
  ).toContain(`mine.mjs, ${PUT}: it is replaced twice`);
});

test('a step that goes wrong names itself', () => {
  const steps = (
    step: (api: ProtocolApi) => unknown,
  ): readonly [(l: object) => void, (l: object, n: number) => string] =>
    takeIn('mine.mjs', oneStep(step)).protocol.procedures.find((p) => p.name === PUT)!.steps[COUNT] as never;
  const l = { w: new World(topology({})) };
  const at = `mine.mjs, ${PUT} @ ${COUNT}`;
  const then = (): string => 'lockdep_assert';
  expect(() => steps(() => [() => undefined, then])[0](l)).toThrow(`(step) ${at}: it asks for nothing`);
  expect(() => steps((api) => [() => api.op.read_role(Number.NaN), then])[0](l)).toThrow(
    `(step) ${at}: it asks with NaN`,
  );
  // The root of an empty list, and a kind of lock in the place of a vCPU.
  expect(() => steps((api) => [() => api.op.read_role(-1), then])[0](l)).toThrow(
    `(step) ${at}: it asks for page -1; there are 0 to 1023`,
  );
  expect(() => steps((api) => [() => api.op.kick(3, 1), then])[0](l)).toThrow('it asks for vcpu 3');
  expect(() => steps((api) => [null, () => api.ret((undefined as never) + 1)])[1](l, 0)).toThrow(
    `(step) ${at}: it returns NaN`,
  );
  expect(() => steps(() => [null, () => 'nowhere'])[1]({}, 0)).toThrow(`(step) ${at}: it goes to "nowhere"`);
  expect(() => steps((api) => [null, () => api.call(api.fn.kvm_put_kvm, 'nowhere', 0)])[1]({}, 0)).toThrow(
    `${at}: its call goes on at "nowhere"`,
  );
  expect(() =>
    steps(() => [
      null,
      () => {
        throw new RangeError('oh');
      },
    ])[1]({}, 0),
  ).toThrow(`(threw) ${at}: RangeError: oh`);
  // Once visible, always visible: the machine asks only once.
  let told = false;
  const [ask] = steps((api) => [() => (told ? api.op.report(1, 1) : api.op.read_role(1)), then]);
  ask(l);
  expect(pending.a).toBe(1);
  told = true;
  expect(() => ask(l)).toThrow(`(step) ${at}: it asks now for what others can see`);
});

const LOAD = 'kvm_mmu_load';
const withLoad =
  (steps: (api: ProtocolApi) => object): ProtocolModule =>
  (api) =>
    api.extend('v5.18', {
      replace: [
        api.procedure(
          LOAD,
          { file: 'mmu.c', since: 'mine', leftOut: '', params: ['vcpu'], locals: ['n'] },
          steps(api) as never,
        ),
      ],
    });

/** Steps that fail in a run and in a search alike: each is the protocol's fault, and no finding about a kernel. */
const FAULTS: readonly (readonly [string, ProtocolModule, string])[] = [
  [
    'many local events',
    withLoad((api) => ({ tell: [() => api.op.report(1, 1), () => 'tell'] })),
    `(step) mine.mjs, ${LOAD} @ tell: it tells more than stepEvents = 1024 events`,
  ],
  [
    'one op of many events',
    withLoad((api) => ({
      tell: [() => api.op.try_change_host_page(2_400, 0, 9, 1_500), () => api.ret()],
    })),
    `(step) mine.mjs, ${LOAD} @ tell: it tells more than stepEvents = 1024 events`,
  ],
  [
    'a call of itself',
    withLoad((api) => ({
      again: [null, (l: { vcpu: number }) => api.call(api.fn.kvm_mmu_load, 'again', l.vcpu)],
    })),
    `(step) mine.mjs, ${LOAD} @ again: limit reached: topology.stackWords`,
  ],
  [
    'no number',
    withLoad((api) => ({
      first: [null, (l: object) => api.ret(Object.assign(l, { n: undefined }) && 0)],
    })),
    `(threw) mine.mjs, ${LOAD} @ first: TypeError: ${LOAD}: local n takes numbers, got undefined`,
  ],
  [
    'a throw',
    withLoad(() => ({
      first: [
        null,
        () => {
          throw new RangeError('oh');
        },
      ],
    })),
    `(threw) mine.mjs, ${LOAD} @ first: RangeError: oh`,
  ],
  [
    'an event that is none',
    withLoad((api) => ({ first: [() => api.op.emit(255, 1, 1), () => api.ret()] })),
    `(threw) mine.mjs, ${LOAD} @ first: RangeError: evolve: unknown event type 255`,
  ],
];

for (const [what, module, says] of FAULTS) {
  test(`in a run: ${what}`, () => {
    const { protocol } = takeIn('mine.mjs', module);
    const manifest = createManifest({ scenario: 'smi', protocol: 'v5.18' });
    const scenario = findScenario('smi').build(manifest.parameters as Record<string, number>);
    const built = { ...scenario, topology: { ...scenario.topology, hostPages: 4_096 } };
    const run = new Simulation({ manifest: { ...manifest, protocolDigest: '' }, protocol, scenario: built });
    runToEnd(run);
    expect([run.outcome, run.detail?.message]).toEqual(['failed', expect.stringContaining(says)]);
    expect(run.detail?.protocolFault?.file).toBe('mine.mjs');
  });

  // A litmus has few host pages.
  test.skipIf(what === 'one op of many events')(`in a search: ${what}`, () => {
    const { protocol } = takeIn('mine.mjs', module);
    const litmus = findLitmus('v-v');
    const reductions = { persistent: false, symmetry: false };
    const spec = modelSpec(litmus, { protocol: 'mine', parameters: {}, reductions });
    const search = (): void => {
      const model = litmus.build(spec);
      for (let t = 0; t < model.threads.length; t++)
        while (model.choices(t) > 0 && model.step(t, 0) === STEP.taken);
    };
    adoptProtocol(protocol);
    try {
      expect(search).toThrow(ProtocolFault);
      expect(search).toThrow(says);
    } finally {
      adoptProtocol(null);
    }
  });
}

/** A run of a module of which there is a second instance, as where users' files are loaded. */
function ranTwice(module: ProtocolModule): Simulation {
  const { own } = takeIn('mine.mjs', module);
  const { protocol } = takeIn('mine.mjs', module, () => undefined, own);
  const manifest = createManifest({ scenario: 'smi', protocol: 'v5.18' });
  const scenario = findScenario('smi').build(manifest.parameters as Record<string, number>);
  const run = new Simulation({ manifest: { ...manifest, protocolDigest: '' }, protocol, scenario });
  runToEnd(run);
  return run;
}

type Answer = (n: number, l: { shared: number }, a: number, api: ProtocolApi) => string | null;

/** The step as it is, with something around it that counts in a variable of the module. */
const counting = (ask: (n: number) => void, answer: Answer) => (api: ProtocolApi) => {
  let n = 0;
  const [asked, then] = api.shipped('v5.18', PUT).steps[COUNT] as unknown as [
    (l: object) => void,
    (l: object, a: number) => string,
  ];
  const step = [
    (l: object) => {
      asked(l);
      ask(n);
    },
    (l: { shared: number }, a: number) => {
      n++;
      return answer(n, l, a, api) ?? then(l, a);
    },
  ];
  return api.extend('v5.18', { steps: { [PUT]: { [COUNT]: step } } } as never);
};
const same = (): null => null;
const shifting = (n: number): void => {
  pending.c += n;
};
const keeping: Answer = (n, l) => {
  l.shared = n;
  return null;
};

test.each([
  ['what it asks', counting(shifting, same), 'it asks for'],
  ['where it goes', counting(same, (n, _l, a, api) => (a === 0 ? api.ret(n) : null)), 'it returns'],
  ['what it keeps in a local', counting(same, keeping), 'local shared becomes'],
])('state in a variable of the module is found: it decides %s', (_, module, says) => {
  const { outcome, detail } = ranTwice(module as ProtocolModule);
  expect([outcome, detail?.protocolFault?.kind]).toEqual(['failed', 'forbidden']);
  expect(detail?.message).toContain(
    `(forbidden) mine.mjs, ${PUT} @ ${COUNT}: it keeps state outside the world`,
  );
  expect(detail?.message).toContain(says);
});

test("what a module counts and never uses is nobody's business, and the second instance changes nothing", () => {
  const run = ranTwice(counting(same, same) as ProtocolModule);
  const alone = ranTwice(oneStep((api) => api.shipped('v5.18', PUT).steps[COUNT]));
  expect(run.recorder.fullDigestHex).toBe(alone.recorder.fullDigestHex);
  expect([run.outcome, alone.outcome]).toEqual(['completed', 'completed']);
});
