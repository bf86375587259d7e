// Work items (v5.18 .. v6.5): a root's zap is scheduled by the put of its last reference or by an invalidation, queued, and run once.
import type { CoveredEvent } from './covered-event.js';
import type { Ledger } from './ledger.js';
import { LEAVE, type Outcome, putCalled, TAKEN, unexpected } from './outcome.js';
import { type Refusal, refuse } from './rules.js';
import { type Frame, hex, newZap, type Root, type Thread } from './state.js';
import { passesComplete, zapStep } from './steps-walk.js';

type Of<K extends Frame['kind']> = Extract<Frame, { readonly kind: K }>;
type Event<K extends CoveredEvent['kind']> = Extract<CoveredEvent, { readonly kind: K }>;

/** tdp_mmu_schedule_zap_root: the root is invalid by now, and the item owns one reference. */
export function scheduled(l: Ledger, t: Thread, root: Root, e: Event<'schedule'>, takes: boolean): Outcome {
  if (root.work !== 'none') return refuse('work', `root ${root.ordinal} has had its work item: ${root.work}`);
  if (takes && root.count !== null) root.count++;
  root.valid = false;
  root.work = 'scheduled';
  const read = l.compare(root, e, t, 'W');
  if (read !== null) return read;
  t.frames.push({ kind: 'schedule', root, queued: false });
  return TAKEN;
}

export function inSchedule(l: Ledger, f: Of<'schedule'>, e: CoveredEvent): Outcome {
  if (e.kind !== 'queued' || f.queued) return LEAVE;
  const item = l.workOf(f.root, e.work);
  if (item !== null) return item;
  f.queued = true;
  f.root.work = 'queued';
  return l.queues.spoke() ?? TAKEN;
}

export function leaveSchedule(l: Ledger, f: Of<'schedule'>): Refusal | null {
  if (!f.queued) {
    const silent = l.queues.wasSilent(l.now, `root ${f.root.ordinal} was scheduled`);
    if (silent !== null) return silent;
  }
  if (f.root.work === 'scheduled') f.root.work = 'queued';
  return null;
}

export function inLastPut(l: Ledger, t: Thread, f: Of<'lastPut'>, e: CoveredEvent): Outcome {
  if (f.done || e.kind !== 'schedule') return LEAVE;
  const { root } = f;
  if (e.root !== root.sp)
    return refuse('last-put', `the put was of root ${root.ordinal}, and ${hex(e.root)} is scheduled`);
  if (root.count !== null && root.count !== 0)
    return refuse('last-put', `${l.describe(root)}: its zap is scheduled before the last reference is put`);
  f.done = true;
  if (root.count !== null) root.count = 1;
  return scheduled(l, t, root, e, false);
}

export function leaveLastPut(l: Ledger, f: Of<'lastPut'>): Refusal | null {
  if (f.done || !f.sure || f.root.count !== 0) return null;
  return refuse(
    'last-put',
    `${l.describe(f.root)}, and tdp_mmu_schedule_zap_root was silent: its zap was not queued`,
  );
}

export function workCalled(l: Ledger, t: Thread, e: Event<'work'>): Outcome {
  const root = l.rootOfWork(e.work);
  if (root === null) {
    const whole = [...l.vms.values()].every((vm) => vm.whole);
    return whole ? refuse('work', `no root has a work item at ${hex(e.work)}`) : TAKEN;
  }
  if (root.count !== null && root.work !== 'queued' && root.work !== 'scheduled')
    return refuse(
      'work',
      `the work item of root ${root.ordinal} runs, and ${root.work === 'none' ? 'was never made' : `it is ${root.work}`}`,
    );
  const read = l.compare(root, e, t, null);
  if (read !== null) return read;
  root.work = 'running';
  t.frames.push({ kind: 'work', root, zap: newZap(), put: false });
  return TAKEN;
}

export function inWork(l: Ledger, t: Thread, f: Of<'work'>, e: CoveredEvent): Outcome {
  switch (e.kind) {
    case 'zapRoot':
    case 'zapPass':
      if (f.put) return refuse('zap-once', `root ${f.root.ordinal} was zapped and put already`);
      return zapStep(l, t, f.root, f.zap, e, 'R');
    case 'put': {
      if (f.put)
        return refuse(
          'put-by-holder',
          `the work item has given its reference to root ${f.root.ordinal} back`,
        );
      const passes = passesComplete(l, f.root, f.zap);
      if (passes !== null) return passes;
      const put = putCalled(l, t, f.root, e, 'R');
      if (put === TAKEN) f.put = true;
      return put;
    }
    case 'workReturned':
      if (!f.put)
        return refuse(
          'put-follows',
          `the work item of root ${f.root.ordinal} ends, and kvm_tdp_mmu_put_root was silent`,
        );
      f.root.work = 'done';
      t.frames.pop();
      return TAKEN;
    default:
      return unexpected('tdp_mmu_zap_root_work has not returned');
  }
}
