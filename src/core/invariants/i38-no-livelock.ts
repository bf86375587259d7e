// I38. Shown by the watchdog; the outcome of such a run is no_forward_progress.
import type { Handler, Invariant } from './invariant.js';

export const i38NoLivelock: Invariant = {
  number: 38,
  name: 'NO_LIVELOCK',
  kind: 'liveness',
  statement:
    'A vCPU that faults, resets its MMU context and enters the guest again executes its instruction in the end. (Promised ' +
    'from the draft on; watched in earlier eras too.)',
  eras: 'abcdefgh',
  exercise: 'reset the MMU context of a vCPU',
  details: ['', 'a vCPU made no progress within the stated number of exits'],
  seen: 'exits without progress',
  create(_w, _rules, probe) {
    const lost: Handler = (w, e, i) => probe.report(w, e, i, 1, e.a[i], -1);
    return {
      after: {
        ContextReset: () => {
          probe.checks++;
        },
        ProgressLost: lost,
      },
    };
  },
};
