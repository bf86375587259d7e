// hva_to_pfn() -- virt/kvm/kvm_main.c, v5.18, and the host's fault handling behind it
// The page that backs one page of the process, faulted in if need be. A read of an unbacked page gets the shared zero page, read-
// only; a write to one gets a page of its own. A write to the zero page, or to a page shared with a forked child, breaks
// copy-on-write: every VM's MMU notifier is told before and after the page is exchanged, so the fault that asked is stale.
// Context: no lock; may sleep. Returns pfn * 2 + writable, or -1 when the access is not allowed.
// In a slot flagged HUGE a write to a run of unbacked pages that makes one large page backs all of it.
// Left out: the large zero page, change_pte (finds nothing), swap, get_user_pages.

import {
  HOST_PAGE_COW,
  HOST_PAGE_KIND,
  HOST_PAGE_READONLY,
  host_page,
  host_page_generation,
  host_page_kind,
  host_page_pfn,
} from '../../../../aggregates/host-memory.js';
import { VM, VM_STATE } from '../../../../aggregates/layout.js';
import type { World } from '../../../../aggregates/world.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';
import { huge_hva_start } from './memslots.js';

/** The word of a page that becomes private: backed anew, shared with nobody. */
function private_page(word: number): number {
  return host_page(HOST_PAGE_KIND.private, host_page_generation(word) + 1, word & HOST_PAGE_READONLY);
}

/** What a fault on this word changes it to: itself where nothing has to be done; -1 where the access is not allowed. */
function faulted(word: number, write: number): number {
  const kind = host_page_kind(word);
  if (kind === HOST_PAGE_KIND.unmapped || (write && word & HOST_PAGE_READONLY)) return -1;
  if (write) return kind === HOST_PAGE_KIND.private && !(word & HOST_PAGE_COW) ? word : private_page(word);
  if (kind !== HOST_PAGE_KIND.unbacked) return word;
  return host_page(HOST_PAGE_KIND.zero, host_page_generation(word), word & HOST_PAGE_READONLY);
}

function pfn_and_writable(page: number, word: number): number {
  const own = host_page_kind(word) === HOST_PAGE_KIND.private;
  const writable = own && !(word & (HOST_PAGE_READONLY | HOST_PAGE_COW));
  return host_page_pfn(page, word) * 2 + (writable ? 1 : 0);
}

/**
 * First VM whose notifier is registered and not among `told` (bits), or -1. A registration waits for mmap_lock, so nobody gets
 * in between start and end: here a VM that comes in between is told before the page changes.
 */
function next_notifier(w: World, told: number): number {
  for (let i = 0; i < w.vms; i++) {
    if ((told & (1 << i)) !== 0) continue;
    const state = w.vmWord(i, VM.STATE);
    // A VM that is being destroyed is told until its notifier has run release.
    if ((state === VM_STATE.live || state === VM_STATE.destroying) && w.vmWord(i, VM.RELEASED) === 0)
      return i;
  }
  return -1;
}

export const hva_to_pfn = procedure(
  'hva_to_pfn',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm', 'hvaPage', 'write'],
    locals: ['word', 'other', 'told', 'first', 'span'],
    leftOut: 'the large zero page, change_pte, swap, get_user_pages',
  },
  {
    read_host_page: [
      (l) => op.read_host_page(l.hvaPage),
      (l, word) => {
        const after = faulted(word, l.write);
        if (after < 0) return ret(-1);
        if (after === word) return ret(pfn_and_writable(l.hvaPage, word));
        l.word = word;
        if (host_page_kind(word) === HOST_PAGE_KIND.unbacked) {
          l.span = 1 << l.w.entryShift(2);
          l.first = l.write ? huge_hva_start(l.w, l.vm, l.hvaPage, l.span) : -1;
          return l.first < 0 ? 'do_anonymous_page' : 'do_huge_pmd_anonymous_page';
        }
        l.told = 0;
        return 'mmu_notifier_invalidate_range_start';
      },
    ],
    // Falls back to one small page when part of the run is backed already.
    do_huge_pmd_anonymous_page: [
      (l) => op.try_change_host_page(l.first, l.word, private_page(l.word), l.span),
      (l, changed) =>
        changed ? ret(pfn_and_writable(l.hvaPage, private_page(l.word))) : 'do_anonymous_page',
    ],
    do_anonymous_page: [
      (l) => op.try_change_host_page(l.hvaPage, l.word, faulted(l.word, l.write)),
      (l, changed) => {
        if (!changed) return 'read_host_page';
        return ret(pfn_and_writable(l.hvaPage, faulted(l.word, l.write)));
      },
    ],
    // do_wp_page(): one VM after the other, as their notifiers are registered.
    mmu_notifier_invalidate_range_start: [
      null,
      (l) => {
        l.other = next_notifier(l.w, l.told);
        if (l.other < 0) return 'ptep_clear_flush_notify';
        l.told |= 1 << l.other;
        return call(
          fn.kvm_mmu_notifier_invalidate_range_start,
          'mmu_notifier_invalidate_range_start',
          l.other,
          l.hvaPage,
          l.hvaPage + 1,
          1,
        );
      },
    ],
    ptep_clear_flush_notify: [
      (l) =>
        next_notifier(l.w, l.told) < 0
          ? op.try_change_host_page(l.hvaPage, l.word, faulted(l.word, l.write))
          : op.read_host_page(l.hvaPage),
      (l) => {
        if (next_notifier(l.w, l.told) >= 0) return 'mmu_notifier_invalidate_range_start';
        l.other = -1;
        return 'mmu_notifier_invalidate_range_end';
      },
    ],
    mmu_notifier_invalidate_range_end: [
      null,
      (l) => {
        l.other++;
        while (l.other < l.w.vms && (l.told & (1 << l.other)) === 0) l.other++;
        // Whoever won: the host's handler looks again.
        if (l.other >= l.w.vms) return 'read_host_page';
        return call(
          fn.kvm_mmu_notifier_invalidate_range_end,
          'mmu_notifier_invalidate_range_end',
          l.other,
          l.hvaPage,
          l.hvaPage + 1,
        );
      },
    ],
  },
);
