// A thread of the VMM of a live session: waits for a command from outside, runs the calls that it stands for (a piece of
// this thread's script), tells that it is done, and waits again. A command that begins nowhere ends the thread.
import { THREAD } from '../aggregates/layout.js';
import { E } from '../events/catalogue.js';
import { fn } from '../kernel/functions.js';
import { op } from '../machine/op.js';
import { call, procedure, ret } from '../machine/procedure.js';

/** Where the command begins that ends a thread. */
export const END_OF_THREAD = -1;

export const live_thread = procedure(
  'live_thread',
  {
    file: 'user space',
    since: 'v5.18',
    params: [],
    locals: ['result'],
    leftOut: 'everything of user space but its calls',
  },
  {
    take_command: [
      () => op.take_command(),
      (l, at) => {
        l.result = 0;
        return at === END_OF_THREAD ? ret() : call(fn.vmm_thread, 'called', at);
      },
    ],
    called: [
      null,
      (l, result) => {
        l.result = result;
        return 'tell_done';
      },
    ],
    tell_done: [
      (l) => op.tell_thread(E.CommandDone, l.t, l.w.threadWord(l.t, THREAD.COMMAND), l.result),
      () => 'take_command',
    ],
  },
);
