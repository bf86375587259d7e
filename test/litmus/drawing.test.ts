// Litmus as text columns.
import { expect, it } from 'vitest';
import { drawLitmus } from '../../src/core/explorer/litmus/draw.js';
import { MACHINE_LITMUS } from '../../src/core/scenarios/litmus/index.js';
import { built } from './litmus-support.js';

it('draws one column a thread', () => {
  expect(drawLitmus(built('m-k-d')).join('\n')).toBe(
    [
      'main          vcpu0     updater       kworker0            kworker1            rcu',
      'await 1 x2    requests  zap all fast  zap work, for ever  zap work, for ever  grace periods, for ever',
      'CLOSE_VCPU 0  arrive 1  arrive 1',
      'CLOSE_VM',
    ].join('\n'),
  );
});

it.each(MACHINE_LITMUS.map((litmus) => litmus.id))(
  '%s has a drawing that says what every thread does',
  (id) => {
    const text = drawLitmus(built(id)).join('\n');
    expect(text).not.toMatch(/\bop \d/);
    for (const { name } of built(id).threads) expect(text).toContain(name);
  },
);
