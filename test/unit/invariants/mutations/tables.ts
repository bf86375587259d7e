// Mutations of what page tables hold, of flushes, and of what a guest may enter with.

import { SLOT_FLAG, VCPU } from '../../../../src/core/aggregates/layout.js';
import {
  is_leaf_spte,
  is_nonleaf_spte,
  is_writable_pte,
  REMOVED_SPTE,
  SPTE,
  spte_plus_pages,
} from '../../../../src/core/aggregates/spte.js';
import { E } from '../../../../src/core/events/catalogue.js';
import { ACCESS, CPU_STATE, REQ, RETRY } from '../../../../src/core/events/constants.js';
import { guestProgram } from '../../../../src/core/guest/program.js';
import {
  AT_ENTRY,
  iter_table,
  NEXT_TABLE,
  progress_of,
  type TdpIter,
  tdp_iter_next,
} from '../../../../src/core/kernel/arch/x86/kvm/mmu/tdp_iter.js';
import { fn } from '../../../../src/core/kernel/functions.js';
import { op } from '../../../../src/core/machine/op.js';
import { call, ret } from '../../../../src/core/machine/procedure.js';
import {
  assembleLitmus,
  mainThread,
  rcu,
  vcpuThread,
  vmmCaller,
  WITH_GUEST,
  worker,
} from '../../../../src/core/scenarios/litmus/litmus.js';
import { NO_HANDLER } from '../../../../src/core/scenarios/recorded/layout.js';
import { type Mutation, threads } from './mutation.js';

const PAGES = 16;
const SLOT = { slot: 0, baseGfn: 0, pages: PAGES, hvaPage: 0 } as const;

/** A vCPU runs a guest that reads one page; `before` is done by its thread. */
const guest = (before: (s: Parameters<Parameters<typeof vcpuThread>[2]>[0]) => void) => () =>
  assembleLitmus(
    [
      mainThread({ vcpus: 1, smm: true }),
      vcpuThread(0, 'vcpu', (s) => {
        before(s);
        s.run();
      }),
      worker(),
      rcu,
    ],
    { ...WITH_GUEST, hostPages: PAGES, stackWords: 312 },
    [{ program: guestProgram().withoutCode().touch('read', 0).build(), smm: NO_HANDLER }],
  );

export const TABLE_MUTATIONS: readonly Mutation[] = [
  {
    breaks: 4,
    what: 'the lockless fault without its RCU section',
    protocol: 'v5.18~rcu-in-fast-fault',
    litmus: 'f-m',
  },
  {
    breaks: 16,
    what: 'the deletion of a slot zaps nothing',
    protocol: 'v5.18',
    steps: { kvm_arch_flush_shadow_memslot: { zap_all_fast: [null, () => 'done'] } },
    litmus: threads(() => [
      mainThread({ vcpus: 1, preparing: 1 }),
      vcpuThread(
        0,
        'vcpu',
        () => undefined,
        (s) => s.load().fault(0, ACCESS.READ),
      ),
      vmmCaller('deleter', (s) => s.deleteMemoryRegion(0)),
      worker(),
      rcu,
    ]),
  },
  {
    breaks: 17,
    what: 'the notifier leaves invalid roots out (B6)',
    protocol: 'v5.18~unmap-visits-invalid-roots',
    litmus: 'm-n',
  },
  {
    breaks: 18,
    what: 'a fault does not look whether its root is invalid (B9)',
    protocol: 'v5.18~root-check-in-fault',
    litmus: 'v-m',
  },
  {
    breaks: 19,
    what: 'a fault does not look at the sequence number',
    protocol: 'v5.18~sequence-check-in-fault',
    litmus: 'v-n',
  },
  {
    breaks: 20,
    what: 'a vCPU takes the request to drop obsolete roots, and drops none',
    protocol: 'v5.18',
    steps: {
      vcpu_enter_guest: {
        check_free_obsolete_roots: [
          (l) => op.check_request(l.vcpu, REQ.MMU_FREE_OBSOLETE_ROOTS),
          () => 'check_mmu_sync',
        ],
      },
    },
    litmus: 'g-m',
  },
  {
    breaks: 21,
    what: 'an SMI leaves the MMU context as it is',
    protocol: 'v5.18',
    steps: {
      kvm_smm_changed: {
        hflags: [
          (l) => op.tell_vcpu(E.GuestStateChanged, l.vcpu, l.before | CPU_STATE.SMM, l.before),
          () => 'done',
        ],
      },
    },
    litmus: guest((s) => s.load().smm(true)),
  },
  { breaks: 22, what: 'the notifier does not flush', protocol: 'v5.18~flush-in-notifier', litmus: 'v-n' },
  { breaks: 23, what: 'a root is loaded without a flush', protocol: 'v5.18~flush-on-load', litmus: 'g-m' },
  {
    breaks: 24,
    what: 'a zap that holds the lock for write freezes the entry instead of clearing it',
    protocol: 'v5.18',
    steps: {
      tdp_mmu_set_spte: {
        write_spte: [
          (l) => op.write_spte(l.table, l.index, l.new === 0 ? REMOVED_SPTE : l.new),
          (l, old) => call(fn.handle_changed_spte, 'handled', l.vm, l.table, l.index, old, l.new, 0),
        ],
      },
    },
    litmus: 'v-n',
  },
  {
    breaks: 25,
    what: 'dirty logging protects a leaf and writes the next page into it',
    protocol: 'v5.18',
    steps: {
      kvm_tdp_mmu_wrprot_slot: {
        visit: [
          null,
          (l) => {
            if (is_nonleaf_spte(l.spte) && l.level > l.minLevel) return 'try_step_down';
            if (!is_leaf_spte(l.spte) || !is_writable_pte(l.spte)) {
              l.index++;
              return 'next_present';
            }
            const spte = spte_plus_pages(l.spte & ~SPTE.WRITABLE, 1);
            const table = iter_table(l as unknown as TdpIter);
            return call(fn.tdp_mmu_set_spte_atomic, 'changed', l.vm, table, l.index, l.spte, spte);
          },
        ],
      },
    },
    litmus: threads(() => [
      mainThread({ vcpus: 1, preparing: 1, regions: [SLOT], pages: PAGES }),
      vcpuThread(
        0,
        'vcpu',
        () => undefined,
        (s) => s.load().fault(0, ACCESS.WRITE),
      ),
      vmmCaller('logger', (s) => s.setMemoryRegion({ ...SLOT, flags: SLOT_FLAG.LOG_DIRTY_PAGES })),
      worker(),
      rcu,
    ]),
  },
  {
    breaks: 26,
    what: 'a walk that has yielded goes on behind the entry (B19)',
    protocol: 'v5.18~restart-at-entry',
    litmus: 'b19',
  },
  {
    breaks: 27,
    what: 'a range zap asks whether to yield at every entry (B23)',
    protocol: 'v5.18',
    steps: {
      tdp_mmu_zap_leafs: {
        next_present: [
          (l) => op.next_present(iter_table(l as unknown as TdpIter), l.index),
          (l, found) => {
            const iter = l as unknown as TdpIter;
            const at = tdp_iter_next(iter, found, l.end);
            if (at !== AT_ENTRY) return at === NEXT_TABLE ? 'next_present' : 'rcu_read_unlock';
            return call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, 0, l.flush, progress_of(iter));
          },
        ],
      },
    },
    litmus: 'b23',
  },
  {
    breaks: 29,
    what: 'CPUID update clears the role, and the put runs under the write lock (B16)',
    protocol: 'v6.9-rc1',
    litmus: 'b16',
  },
  {
    breaks: 35,
    what: 'a fault in SMM looks its slot up in address space 0',
    protocol: 'v5.18',
    steps: {
      direct_page_fault: {
        tell_begun: [
          (l) => op.tell_vcpu(E.FaultBegun, l.vcpu, l.gfn, l.access, 0),
          (l) => {
            l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
            l.asId = 0;
            return 'find_slot';
          },
        ],
      },
    },
    litmus: threads(() => [
      mainThread({ vcpus: 1, smm: true }),
      vcpuThread(0, 'vcpu', (s) => s.smm(true).load().fault(0, ACCESS.READ)),
      worker(),
      rcu,
    ]),
  },
  {
    breaks: 38,
    what: 'every fault is stale',
    protocol: 'v6.4',
    steps: {
      is_page_fault_stale: {
        is_obsolete_sp: [(l) => op.read_role(l.w.vcpuWord(l.vcpu, VCPU.ROOT) - 1), () => ret(RETRY.NOTIFIER)],
      },
    },
    litmus: guest(() => undefined),
    searched: false,
    watchdogExits: 20,
  },
  {
    breaks: 39,
    what: 'the staleness of a shadow root is looked at before pages are reclaimed (B18)',
    protocol: 'v6.14',
    litmus: 'b18',
  },
];
