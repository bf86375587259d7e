// Which waiting threads an event wakes. Rule word: WAIT class (a multiple of CHANNEL) + 0: no number, 1: the subject's number,
// 2: value a; 0 wakes nobody.
import { assert } from '../base/assert.js';
import { E } from '../events/catalogue.js';
import { CHANNEL, WAIT } from './batch.js';

/** Not a channel: the watchdog's event stops the run. */
export const LOST_VCPU = 3;

/** By event type. */
export const WAKES = wakes();

function wakes(): Int32Array {
  const out = new Int32Array(256);
  assert(CHANNEL % 4 === 0, 'two low bits are free');
  const by = (type: number, channel: number, number: 0 | 1 | 2): void => {
    out[type] = channel + number;
  };
  by(E.LockReleased, WAIT.LOCK, 1);

  by(E.SpteChanged, WAIT.FROZEN, 1);
  by(E.WorkQueued, WAIT.WORK, 0);
  by(E.WorkFinished, WAIT.FLUSH, 2);
  by(E.RcuReadUnlocked, WAIT.RCU, 0);
  by(E.RootFreeQueued, WAIT.RCU, 0);
  by(E.TableFreeQueued, WAIT.RCU, 0);
  by(E.RootFreed, WAIT.RCU_BARRIER, 0);
  by(E.TableFreed, WAIT.RCU_BARRIER, 0);
  by(E.RcuGracePeriodEnded, WAIT.RCU_BARRIER, 0);
  by(E.SrcuReadUnlocked, WAIT.SRCU, 2);
  by(E.VcpuExited, WAIT.VCPU_OUTSIDE, 1);
  by(E.ModeChanged, WAIT.VCPU_OUTSIDE, 1);
  by(E.BarrierReached, WAIT.BARRIER, 2);
  by(E.CommandArrived, WAIT.COMMAND, 1);
  by(E.NotifierCountChanged, WAIT.NOTIFIERS, 1);
  by(E.RequestMade, WAIT.HALTED, 1);
  by(E.SmiRequested, WAIT.HALTED, 1);
  out[E.ProgressLost] = LOST_VCPU;
  return out;
}
