// One event as a few words, with the kernel's names: for drawings, mails and terminals.
import { LOCK_NAMES, LOCKS_PER_VM } from '../aggregates/layout.js';
import { roleText } from '../aggregates/role.js';
import { SPTE, SPTE_KIND, spte_kind, spte_to_child, spte_to_pfn } from '../aggregates/spte.js';
import { E, EVENT_BY_CODE, type EventName, type RootlineEvent } from '../events/catalogue.js';
import {
  ASSERTION_NAMES,
  EXIT_NAMES,
  FLUSH_NAMES,
  IOCTL_NAMES,
  MILESTONE_NAMES,
  MODE,
  REQ,
  RESET_NAMES,
  RETRY_NAMES,
} from '../events/constants.js';
import { HOLDER_NAMES } from '../events/root.events.js';
import { bitsOf, nameOf, slotName } from './words.js';

type Of<N extends EventName> = Extract<RootlineEvent, { readonly type: N }>;
type Texts = { readonly [N in EventName]?: (e: Of<N>) => string };

const r = (e: RootlineEvent): string => `r${e.subject.number}`;
const v = (e: RootlineEvent): string => `vcpu${e.subject.number}`;
const hex = (n: number): string => `0x${(n >>> 0).toString(16)}`;
const requests = (word: number): string => bitsOf(REQ, word).join('|') || 'none';
const lock = (e: RootlineEvent): string => {
  const vm = Math.floor(e.subject.number / LOCKS_PER_VM);
  const name = LOCK_NAMES[e.subject.number % LOCKS_PER_VM];
  return vm === 0 ? name : `vm${vm} ${name}`;
};
const isRwlock = (e: RootlineEvent): boolean => e.subject.number % LOCKS_PER_VM === 0;
const mode = (e: RootlineEvent & { readonly mode: number }): string =>
  isRwlock(e) ? (e.mode === 2 ? 'write_' : 'read_') : '';

/** `0`, `REMOVED`, `table 7`, `pfn 0x12 rw-x`. */
export function spteText(spte: number): string {
  switch (spte_kind(spte)) {
    case SPTE_KIND.NONPRESENT:
      return '0';
    case SPTE_KIND.REMOVED:
      return 'REMOVED';
    case SPTE_KIND.MMIO:
      return 'MMIO';
    case SPTE_KIND.NONLEAF:
      return `table ${spte_to_child(spte)}`;
    default: {
      const bit = (mask: number, letter: string): string => ((spte & mask) !== 0 ? letter : '-');
      return `pfn ${hex(spte_to_pfn(spte))} r${bit(SPTE.WRITABLE, 'w')}${bit(SPTE.EXEC, 'x')}`;
    }
  }
}

const texts: Texts = {
  RootAllocated: (e) => `allocate ${r(e)} (${roleText(e.role)}), refcount ${e.refcount}`,
  RootListed: (e) => `list_add ${r(e)}`,
  RootGot: (e) => `get ${r(e)}: ${e.refcount - 1} -> ${e.refcount} (${HOLDER_NAMES[e.holder]})`,
  RootGetRefused: (e) => `get ${r(e)} refused: 0 (${HOLDER_NAMES[e.holder]})`,
  RootPut: (e) => `put ${r(e)}: ${e.refcount + 1} -> ${e.refcount} (${HOLDER_NAMES[e.holder]})`,
  RootInvalidated: (e) => `${r(e)} role.invalid = 1, refcount ${e.refcount}`,
  RootResurrected: (e) => `${r(e)} refcount = ${e.refcount} (${HOLDER_NAMES[e.holder]})`,
  RootZapScheduled: (e) => `schedule zap of ${r(e)}${e.gift ? ' with the TDP MMU reference' : ''}`,
  RootReferenceKept: (e) => `keep the walk's reference on ${r(e)}: ${e.refcount} (${HOLDER_NAMES[e.holder]})`,
  RootZapTaken: (e) => `take the scheduled zap of ${r(e)}`,
  RootZapStarted: (e) => `zap ${r(e)} ${e.shared ? 'shared' : 'exclusive'}, refcount ${e.refcount}`,
  RootZapYielded: (e) => `zap of ${r(e)} yields`,
  RootZapFinished: (e) => `zap of ${r(e)} done: ${e.sptes} SPTEs`,
  RootUnlinked: (e) => `list_del ${r(e)}`,
  RootFreeQueued: (e) => `call_rcu ${r(e)}`,
  RootFreed: (e) => `free ${r(e)}`,
  FreedPageTouched: (e) =>
    e.subject.number === 0 ? `USE AFTER FREE of page ${e.address}` : `USE AFTER FREE of ${r(e)}`,
  WorkQueued: (e) => `queue_work ${r(e)}`,
  WorkStarted: (e) => `work of ${r(e)} starts`,
  WorkFinished: (e) => `work of ${r(e)} done`,
  LockContended: (e) => `${mode(e)}lock ${lock(e)} waits`,
  LockAcquired: (e) => `${mode(e)}lock ${lock(e)}`,
  LockReleased: (e) => `${mode(e)}unlock ${lock(e)}`,
  LockYielded: (e) => `yield ${lock(e)}`,
  RcuReadLocked: () => 'rcu_read_lock',
  RcuReadUnlocked: () => 'rcu_read_unlock',
  RcuGracePeriodStarted: (e) => `grace period starts, ${e.waitsFor} readers`,
  RcuGracePeriodEnded: () => 'grace period ends',
  SrcuReadLocked: () => 'srcu_read_lock',
  SrcuReadUnlocked: () => 'srcu_read_unlock',
  VcpuEntered: (e) => `${v(e)} enters the guest (${roleText(e.role)})`,
  VcpuExited: (e) => `${v(e)} exits: ${EXIT_NAMES[e.reason]} gfn ${hex(e.gfn)}`,
  SmmEntered: (e) => `${v(e)} enters SMM`,
  SmmLeft: (e) => `${v(e)} leaves SMM`,
  ContextReset: (e) => `${v(e)} kvm_mmu_reset_context (${RESET_NAMES[e.cause]})`,
  RootLoaded: (e) => `${v(e)} ${slotName(e.slot)} = page ${e.address} (${roleText(e.role)})`,
  RootDropped: (e) => `${v(e)} ${slotName(e.slot)} = INVALID_PAGE`,
  RoleComputed: (e) => `${v(e)} wants ${roleText(e.role)}`,
  FaultBegun: (e) => `${v(e)} fault gfn ${hex(e.gfn)}`,
  FaultFixed: (e) => `${v(e)} fault gfn ${hex(e.gfn)} fixed`,
  FaultSpurious: (e) => `${v(e)} fault gfn ${hex(e.gfn)} spurious`,
  FaultRetried: (e) => `${v(e)} fault gfn ${hex(e.gfn)} retried: ${RETRY_NAMES[e.why]}`,
  RequestMade: (e) => `request ${requests(e.request)} to ${v(e)}`,
  RequestTaken: (e) => `${v(e)} takes ${requests(e.request)}`,
  IpiSent: (e) => `IPI to ${v(e)}`,
  ModeChanged: (e) => `${v(e)} ${nameOf(MODE, e.mode)}`,
  TlbFlushed: (e) => `${v(e)} flushes its TLB (${FLUSH_NAMES[e.scope]})`,
  RangeFlushed: (e) => `all CPUs flush gfns ${hex(e.gfn)} to ${hex(e.gfn + e.pages - 1)}`,
  TlbFilled: (e) => `${v(e)} caches gfn ${hex(e.gfn)}: ${spteText(e.spte)}`,
  Milestone: (e) => `${v(e)} reached ${MILESTONE_NAMES[e.milestone]}`,
  SpteChanged: (e) => `page ${e.subject.number}[${e.index}]: ${spteText(e.before)} -> ${spteText(e.after)}`,
  WalkRestarted: (e) => `the walk begins again at gfn ${hex(e.yieldedAt)}`,
  FastZapBegun: () => 'kvm_mmu_zap_all_fast begins',
  FastZapEnded: () => 'kvm_mmu_zap_all_fast returns',
  Finding: (e) => `*** I${e.invariant} is broken`,
  AssertionFired: (e) => `*** ${ASSERTION_NAMES[e.assertion]}`,
  IoctlBegun: (e) => `${IOCTL_NAMES[e.ioctl]}`,
  IoctlEnded: (e) => `${IOCTL_NAMES[e.ioctl]} -> ${e.result}`,
};

export function eventText(e: RootlineEvent): string {
  const own = texts[e.type] as ((event: RootlineEvent) => string) | undefined;
  if (own !== undefined) return own(e);
  const def = EVENT_BY_CODE[E[e.type]];
  const values = (def?.values ?? []).map(
    (name) => `${name}=${(e as unknown as Record<string, number>)[name]}`,
  );
  return [`${e.type} ${e.subject.kind}${e.subject.number}`, ...values].join(' ');
}
