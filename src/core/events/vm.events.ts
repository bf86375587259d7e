// VMs, memslots, zaps over all roots, notifiers, work items, host memory, ioctls.
import { event } from './define.js';

export const vmEvents = [
  event(40, 'VmCreated', 'vm', ['usersCount', 'level'], 'lifecycle', 'KVM_CREATE_VM'),
  event(41, 'VmCreateFailed', 'vm', ['errno'], 'lifecycle', 'KVM_CREATE_VM unwinds after kvm_mmu_init_vm'),
  event(42, 'VmUsersChanged', 'vm', ['usersCount'], 'lifecycle', 'kvm_get_kvm / kvm_put_kvm'),
  event(43, 'VmDestroyBegun', 'vm', [], 'lifecycle', 'kvm_destroy_vm'),
  event(44, 'VmDestroyed', 'vm', ['rootsLeft', 'tablesLeft'], 'lifecycle', 'struct kvm is gone'),
  event(45, 'VmBugged', 'vm', ['assertion'], 'lifecycle', 'KVM_BUG_ON: the VM is bugged and dead, the code goes on'),
  event(46, 'MemslotAdded', 'slot', ['baseGfn', 'pages', 'hvaPage'], 'lifecycle', 'published'),
  event(47, 'MemslotInvalidated', 'slot', ['baseGfn', 'pages'], 'lifecycle', 'the INVALID copy was published'),
  event(48, 'MemslotDeleted', 'slot', ['baseGfn', 'pages'], 'lifecycle', ''),
  event(49, 'MemslotMoved', 'slot', ['baseGfn', 'fromGfn'], 'lifecycle', ''),
  event(50, 'MemslotFlagsChanged', 'slot', ['flags', 'before'], 'lifecycle', 'dirty logging on or off'),
  event(51, 'FastZapBegun', 'vm', ['validGen'], 'lifecycle', 'kvm_mmu_zap_all_fast; the generation before the toggle'),
  event(52, 'FastZapEnded', 'vm', ['validGen'], 'lifecycle', 'kvm_mmu_zap_all_fast returned'),
  event(53, 'ZapAllBegun', 'vm', [], 'lifecycle', 'kvm_mmu_zap_all'),
  event(54, 'ZapAllEnded', 'vm', [], 'lifecycle', ''),
  event(55, 'WorkqueueCreated', 'vm', [], 'lifecycle', 'tdp_mmu_zap_wq'),
  event(56, 'WorkqueueDestroyed', 'vm', ['pending'], 'lifecycle', 'destroy_workqueue returned'),
  event(57, 'ValidGenToggled', 'vm', ['validGen'], 'lifecycle', 'mmu_valid_gen after it'),

  event(60, 'Finding', 'machine', ['invariant', 'detail', 'seen'], 'lifecycle', 'an invariant was broken by the event before'),
  event(61, 'AssertionFired', 'machine', ['assertion', 'detail'], 'lifecycle', "the kernel's own lockdep, WARN_ON, KVM_BUG_ON or refcount_t report (ASSERTION)"),

  event(64, 'Counted', 'machine', ['events', 'faultsFixed', 'hash'], 'lifecycle', 'this many full-level events were folded here; hash covers them'),

  event(96, 'WorkQueued', 'root', ['vm', 'pending', 'address'], 'lifecycle', 'queue_work(tdp_mmu_zap_root_work)'),
  event(97, 'WorkStarted', 'root', ['vm', 'pending', 'address'], 'lifecycle', ''),
  event(98, 'WorkFinished', 'root', ['vm', 'running', 'address'], 'lifecycle', ''),
  event(99, 'WorkFlushStarted', 'vm', ['waitsFor'], 'lifecycle', 'flush_workqueue or destroy_workqueue begins'),
  event(100, 'WorkFlushEnded', 'vm', [], 'lifecycle', ''),
  event(101, 'NotifierBegun', 'vm', ['startGfn', 'endGfn', 'inProgress'], 'full', 'mmu_invalidate_in_progress++ (range widened)'),
  event(102, 'NotifierEnded', 'vm', ['seq', 'inProgress'], 'full', 'mmu_invalidate_seq++'),
  event(103, 'NotifierCountChanged', 'vm', ['active'], 'full', 'mn_active_invalidate_count'),
  event(104, 'HostPageChanged', 'page', ['before', 'after'], 'full', 'backing of one page of the process (HOST_PAGE word)'),
  event(105, 'DirtyMarked', 'slot', ['gfn'], 'full', 'mark_page_dirty_in_slot'),
  event(106, 'DirtyLogTaken', 'slot', ['pages'], 'lifecycle', 'KVM_GET_DIRTY_LOG read and cleared the bitmap'),
  event(107, 'IoctlBegun', 'thread', ['ioctl', 'object', 'argument'], 'lifecycle', 'user space called (IOCTL)'),
  event(108, 'IoctlEnded', 'thread', ['ioctl', 'object', 'result'], 'lifecycle', ''),
  event(109, 'BarrierReached', 'thread', ['barrier', 'arrived'], 'full', 'user-space threads meet'),
  event(110, 'ThreadEnded', 'thread', [], 'full', ''),
  event(111, 'RemoteFlushBegun', 'vm', ['waitsFor'], 'full', 'kvm_flush_remote_tlbs'),
  event(112, 'RemoteFlushEnded', 'vm', [], 'full', ''),
  event(114, 'ThreadSlept', 'thread', ['ns'], 'full', 'user space waited'),
  event(113, 'SlotsGenerationChanged', 'vm', ['generation'], 'full', 'memslots generation'),
] as const;

export const tableEvents = [
  event(120, 'TableAllocated', 'table', ['level', 'gfn', 'vm'], 'full', 'tdp_mmu_alloc_sp + init'),
  event(121, 'TableLinked', 'table', ['parent', 'index', 'tables'], 'full', 'counted in tdp_mmu_pages'),
  event(122, 'TableUnlinked', 'table', ['present', 'level', 'tables'], 'full', 'uncounted; handle_removed_pt'),
  event(123, 'TableFreeQueued', 'table', ['present', 'level'], 'full', 'call_rcu'),
  event(124, 'TableFreed', 'table', ['present', 'level'], 'full', 'page returned'),
  event(126, 'TableFrozen', 'table', ['level', 'present'], 'full', 'every empty SPTE of a disconnected table became REMOVED (one event for the loop)'),
  event(125, 'SpteChanged', 'table', ['index', 'before', 'after'], 'full', 'one SPTE; the subject is the page address of its table'),
] as const;
