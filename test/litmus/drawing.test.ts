// Litmus as text: what is drawn can be read back, so that a shipped one is a place to begin.
import { expect, it } from 'vitest';
import { MACHINE_LITMUS } from '../../src/core/scenarios/litmus/index.js';
import { ownLitmus } from '../../src/core/scenarios/litmus/text/own-litmus.js';
import { drawLitmus, litmusText } from '../../src/core/scenarios/litmus/text/print.js';
import { built } from './litmus-support.js';

it('draws one column a thread: what is prepared, a line, what is searched', () => {
  expect(drawLitmus(built('m-k-d')).join('\n')).toBe(
    [
      'main                   | vcpu0            | updater      | kworker0             | kworker1             | rcu',
      'memset 0..1            | load',
      'KVM_CREATE_VM          | fault gfn 0 read',
      'slot 0 gfn 0..1 page 0 | fault gfn 1 read',
      'KVM_CREATE_VCPU 0',
      '-----------------------+------------------+--------------+----------------------+----------------------+--------------------------',
      'await done x2          | requests         | zap all fast | (zap work, for ever) | (zap work, for ever) | (grace periods, for ever)',
      'close vcpu 0',
      'close vm',
    ].join('\n'),
  );
});

it.each(MACHINE_LITMUS.map((litmus) => [litmus.id, litmus] as const))(
  '%s, written and read, is the same litmus',
  (_, litmus) => {
    const text = litmusText(litmus);
    const own = ownLitmus(text);
    const { ignores = [], ...shipped } = built(litmus.id);
    expect(own.build({})).toEqual({ ...shipped, ignores });
    expect([own.id, own.title, own.doc, own.leftOut]).toEqual([
      `own.${litmus.id}`,
      litmus.title,
      litmus.doc,
      litmus.leftOut,
    ]);
    expect(litmusText(own).replace(/^# .*\n/m, '')).toBe(text.replace(/^# .*\n/m, ''));
  },
);
