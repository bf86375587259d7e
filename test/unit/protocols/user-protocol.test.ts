// A user's protocol as the core takes it in: what it may replace, and that each mistake names file, procedure and label.
import { expect, test } from 'vitest';
import { ProtocolFault } from '../../../src/core/base/errors.js';
import { pending } from '../../../src/core/machine/op.js';
import { diffProtocols } from '../../../src/core/protocols/diff.js';
import { link } from '../../../src/core/protocols/protocol.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import type { ProtocolApi, ProtocolModule } from '../../../src/core/protocols/user-api.js';
import { takeIn } from '../../../src/core/protocols/user-protocol.js';

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
  const at = `mine.mjs, ${PUT} @ ${COUNT}`;
  const then = (): string => 'lockdep_assert';
  expect(() => steps(() => [() => undefined, then])[0]({})).toThrow(`(step) ${at}: it asks for nothing`);
  expect(() => steps((api) => [() => api.op.read_role(Number.NaN), then])[0]({})).toThrow(
    `(step) ${at}: it asks with NaN`,
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
  ask({});
  expect(pending.a).toBe(1);
  told = true;
  expect(() => ask({})).toThrow(`(step) ${at}: it asks now for what others can see`);
});
