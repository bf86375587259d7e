// Roots: birth, references, invalidation, zap, death. `address` is the page that holds the root's table: pages are
// recycled, so one address names several roots over time; the subject's number (by birth) never is.
import { event } from './define.js';

/** Who holds a reference. `tdpMmu` is the MMU's own one (since seed-draft), `work` the one a queued zap will put. */
export const HOLDER = { vcpu: 1, iterator: 2, tdpMmu: 3, work: 4 } as const;
export const HOLDER_NAMES = ['none', 'vcpu', 'iterator', 'tdpMmu', 'work'] as const;

export const rootEvents = [
  event(
    1,
    'RootAllocated',
    'root',
    ['role', 'refcount', 'address'],
    'lifecycle',
    'a new root; refcount as first stored',
  ),
  event(2, 'RootListed', 'root', ['vm', 'roots', 'address'], 'lifecycle', 'list_add_rcu to tdp_mmu_roots'),
  event(
    3,
    'RootGot',
    'root',
    ['holder', 'refcount', 'address'],
    'lifecycle',
    'a reference was taken; refcount after it',
  ),
  event(
    4,
    'RootGetRefused',
    'root',
    ['holder', 'refcount', 'address'],
    'lifecycle',
    'refcount_inc_not_zero met 0',
  ),
  event(
    5,
    'RootPut',
    'root',
    ['holder', 'refcount', 'address'],
    'lifecycle',
    'a reference was given back; refcount after it',
  ),
  event(
    6,
    'RootInvalidated',
    'root',
    ['role', 'refcount', 'address'],
    'lifecycle',
    'role.invalid went 0 -> 1',
  ),
  event(
    7,
    'RootResurrected',
    'root',
    ['holder', 'refcount', 'address'],
    'lifecycle',
    'plain store of the refcount after 0 (v5.18)',
  ),
  event(
    8,
    'RootZapScheduled',
    'root',
    ['gift', 'refcount', 'address'],
    'lifecycle',
    'work item queued or flag set; gift = 1: takes over the MMU reference',
  ),
  event(
    9,
    'RootZapStarted',
    'root',
    ['shared', 'refcount', 'address'],
    'lifecycle',
    'tdp_mmu_zap_root begins',
  ),
  event(
    10,
    'RootZapYielded',
    'root',
    ['shared', 'refcount', 'address'],
    'lifecycle',
    'tdp_mmu_zap_root gave mmu_lock up for a waiter',
  ),
  event(
    11,
    'RootZapFinished',
    'root',
    ['sptes', 'refcount', 'address'],
    'lifecycle',
    'tdp_mmu_zap_root is through; present SPTEs removed',
  ),
  event(
    12,
    'RootUnlinked',
    'root',
    ['vm', 'roots', 'address'],
    'lifecycle',
    'list_del_rcu from tdp_mmu_roots',
  ),
  event(
    13,
    'RootFreeQueued',
    'root',
    ['present', 'refcount', 'address'],
    'lifecycle',
    'call_rcu; present SPTEs left in it',
  ),
  event(
    14,
    'RootFreed',
    'root',
    ['role', 'present', 'address'],
    'lifecycle',
    'the RCU callback returned the page',
  ),
  event(
    15,
    'FreedPageTouched',
    'root',
    ['site', 'kind', 'address'],
    'lifecycle',
    'a step or hardware walk touched a page after it was freed',
  ),
] as const;
