// RCU: grace periods one after the other as callbacks come in, and the callbacks, for ever.
// Left out: callbacks per CPU, batches, expedited grace periods; which task a softirq interrupts.
import { op } from '../machine/op.js';
import { procedure } from '../machine/procedure.js';

export const rcu_softirq = procedure(
  'rcu_softirq',
  {
    file: 'kernel/rcu/tree.c',
    since: 'v5.18',
    params: [],
    leftOut: 'callbacks per CPU, batches, expedited grace periods; which task a softirq interrupts',
  },
  {
    invoke_callback: [() => op.rcu_invoke(), (_l, invoked) => (invoked ? 'invoke_callback' : 'gp_start')],
    gp_start: [() => op.rcu_gp_start(), () => 'gp_end'],
    gp_end: [() => op.rcu_gp_end(), () => 'invoke_callback'],
  },
);
