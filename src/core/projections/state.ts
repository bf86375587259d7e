// The whole state of a session at one moment, in words. What the recording level did not keep is "notRecorded", never shown
// as empty or zero.
import { LOCK_NAMES, VM, VM_STATE } from '../aggregates/layout.js';
import { type LockView, lockViews } from './locks.js';
import type { Moment } from './moment.js';
import { type RcuView, rcuView } from './rcu.js';
import { type RootView, rootViews } from './roots.js';
import { type LevelView, tableLevels } from './tables.js';
import { type ThreadStateView, threadStateViews } from './threads.js';
import { type TlbView, tlbViews } from './tlbs.js';
import { type VcpuView, vcpuViews } from './vcpus.js';
import { type VmView, vmViews } from './vms.js';
import { type Kept, kept } from './words.js';
import { type WorkItemView, workItemViews } from './work-items.js';

export interface Where {
  readonly position: number;
  readonly ordinal: number;
  /** Time of the event at the position. */
  readonly timeNs: number;
  readonly recording: 'full' | 'lifecycle';
}

/** Time booked so far. */
export interface ClocksView {
  readonly guestNs: number;
  readonly hostNs: number;
  readonly outerNs: number;
}

export interface RootStateView extends RootView {
  readonly tables: Kept<readonly LevelView[]>;
}

export interface StateView extends Where {
  readonly clocks: Kept<ClocksView>;
  readonly vms: readonly VmView[];
  readonly vcpus: readonly VcpuView[];
  readonly roots: readonly RootStateView[];
  readonly locks: Kept<readonly LockView[]>;
  readonly rcu: Kept<RcuView>;
  readonly tlbs: Kept<readonly TlbView[]>;
  readonly workItems: readonly WorkItemView[];
  readonly threads: readonly ThreadStateView[];
}

export function whereOf({ position, ordinal, timeNs, full }: Moment): Where {
  return { position, ordinal, timeNs, recording: full ? 'full' : 'lifecycle' };
}

export function clocksOf(moment: Moment): Kept<ClocksView> {
  const [guestNs, hostNs, outerNs] = [0, 1, 2].map((account) => moment.accounts[account]);
  return kept(moment, { guestNs, hostNs, outerNs });
}

export function stateView(moment: Moment): StateView {
  const { world: w } = moment;
  return {
    ...whereOf(moment),
    clocks: clocksOf(moment),
    vms: vmViews(moment),
    vcpus: vcpuViews(moment),
    roots: rootStateViews(moment),
    locks: kept(moment, lockViews(w)),
    rcu: kept(moment, rcuView(w)),
    tlbs: kept(moment, tlbViews(w)),
    workItems: workItemViews(w),
    threads: threadStateViews(moment),
  };
}

export function rootStateViews(moment: Moment): RootStateView[] {
  const levels = tableLevels(moment.world);
  return rootViews(moment).map((root) => ({
    ...root,
    tables: kept(moment, levels.get(root.address) ?? []),
  }));
}

/** VMs that were ever created. */
export function knownVms({ world: w }: Moment): number[] {
  return Array.from({ length: w.vms }, (_, vm) => vm).filter(
    (vm) => w.vmWord(vm, VM.STATE) !== VM_STATE.none,
  );
}

export const LOCKS: readonly string[] = LOCK_NAMES;
