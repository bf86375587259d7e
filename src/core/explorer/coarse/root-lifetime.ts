// The protocol of bench/anchors/root-lifetime-labels.pml, step for step: vCPUs that load, fault and reset, a memslot
// updater that zaps fast and then destroys, two zap workers. The numbers beside labels are its `pc` and `f`.
// `patched` is a reference of the MMU's own (seed-draft, v6.4); without it the last put resurrects and queues (v5.18).
import type { FunctionText, ProgramText, StepText, ThreadText } from './program.js';
import type { Locals, Shared } from './state.js';

export const VCPUS = 2;
const WORKERS = 2;
const ROLES_SWITCH = 1;

/** One more than the last root: `root` of a vCPU without one. */
const none = (s: Shared): number => s.roots;

/** Goes on with the next root: 1 at the end of the walk. */
function nextRoot(s: Shared, l: Locals): 0 | 1 {
  l.i++;
  if (l.i < s.roots) return 0;
  l.i = 0;
  return 1;
}

function queueZap(s: Shared, root: number, checked: boolean): void {
  if (checked) s.mustHold(s.queued[root] === 0, 'I31', `root ${root} is queued for zapping twice`);
  s.queued[root] = 1;
  s.pending++;
}

function kvm_tdp_mmu_put_root(patched: boolean): FunctionText {
  const ret = (_s: Shared, l: Locals): void => {
    l.arg = 0;
  };
  const lastPut: { readonly [label: string]: StepText } = patched
    ? {
        // 25
        warn_on_valid: {
          reads: ['invalid'],
          does: (s, l) => s.mustHold(s.invalid[l.arg] === 1, 'I10', `last put of valid root ${l.arg}`),
          to: ['pages_lock'],
        },
      }
    : {
        // 26
        test_and_set_invalid: {
          reads: ['invalid'],
          writes: ['invalid'],
          does: (s, l) => {
            if (s.invalid[l.arg] === 1) return 1;
            s.invalid[l.arg] = 1;
            return 0;
          },
          to: ['resurrect', 'pages_lock'],
        },
        // 27
        resurrect: {
          writes: ['refcount'],
          does: (s, l) => {
            s.refcount[l.arg] = 1;
          },
          to: ['schedule_zap'],
        },
        // 28
        schedule_zap: {
          reads: ['queue'],
          writes: ['queue'],
          does: (s, l) => {
            queueZap(s, l.arg, true);
            ret(s, l);
          },
          to: ['#return'],
        },
      };
  return {
    name: 'kvm_tdp_mmu_put_root',
    steps: {
      // 24
      dec_and_test: {
        reads: ['freed', 'refcount'],
        writes: ['refcount'],
        does: (s, l) => {
          s.mustHold(s.freed[l.arg] === 0, 'I3', `put of freed root ${l.arg}`);
          s.mustHold(s.refcount[l.arg] > 0, 'I2', `put of root ${l.arg} at refcount 0`);
          s.refcount[l.arg]--;
          if (s.refcount[l.arg] === 0) return 1;
          ret(s, l);
          return 0;
        },
        to: ['#return', patched ? 'warn_on_valid' : 'test_and_set_invalid'],
      },
      ...lastPut,
      // 29
      pages_lock: { takes: 'tdp_mmu_pages_lock', to: ['list_del'] },
      // 30
      list_del: {
        writes: ['listed'],
        does: (s, l) => {
          s.listed[l.arg] = 0;
        },
        to: ['pages_unlock'],
      },
      // 31
      pages_unlock: { drops: 'tdp_mmu_pages_lock', to: ['check_zapped'] },
      // 32
      check_zapped: {
        reads: ['zapped'],
        does: (s, l) =>
          s.mustHold(s.zapped[l.arg] === 1, 'I14', `root ${l.arg} is freed before it was zapped`),
        to: ['free'],
      },
      // 33
      free: {
        writes: ['freed'],
        does: (s, l) => {
          s.freed[l.arg] = 1;
          ret(s, l);
        },
        to: ['#return'],
      },
    },
  };
}

/** Returns 1 when no root is left to be had. */
function mmu_alloc_root(patched: boolean): FunctionText {
  return {
    name: 'kvm_tdp_mmu_alloc_root',
    steps: {
      // 20
      alloc: {
        reads: ['used'],
        writes: ['used', 'role', 'refcount'],
        does: (s, l) => {
          let slot = 0;
          while (slot < s.roots && s.used[slot] === 1) slot++;
          if (slot === s.roots) {
            l.arg = 0;
            return 1;
          }
          l.slot = slot;
          s.used[slot] = 1;
          s.role[slot] = l.arg;
          s.refcount[slot] = patched ? 2 : 1;
          return 0;
        },
        to: ['pages_lock', '#return 1'],
      },
      // 21
      pages_lock: { takes: 'tdp_mmu_pages_lock', to: ['list_add'] },
      // 22
      list_add: {
        writes: ['listed'],
        does: (s, l) => {
          s.listed[l.slot] = 1;
        },
        to: ['pages_unlock'],
      },
      // 23
      pages_unlock: {
        drops: 'tdp_mmu_pages_lock',
        does: (_s, l) => {
          l.root = l.slot;
          l.slot = 0;
          l.arg = 0;
        },
        to: ['#return'],
      },
    },
  };
}

function vcpu(resets: number): FunctionText {
  const allocate = { call: 'kvm_tdp_mmu_alloc_root', returnsTo: ['load_unlock', 'exit'] };
  /** 0: the next root, 1: none fits. */
  const tryNext = (s: Shared, l: Locals): 0 | 1 => {
    const end = nextRoot(s, l);
    if (end === 1) l.arg = l.role;
    return end;
  };
  return {
    name: 'vcpu',
    steps: {
      // 1
      load_lock: {
        takes: 'mmu_lock:write',
        does: (_s, l) => {
          l.i = 0;
        },
        to: ['find_root'],
      },
      // 2
      find_root: {
        reads: ['listed', 'role', 'invalid'],
        does: (s, l) =>
          s.listed[l.i] === 1 && s.role[l.i] === l.role && s.invalid[l.i] === 0 ? 2 : tryNext(s, l),
        to: ['find_root', allocate, 'try_get'],
      },
      // 3
      try_get: {
        reads: ['refcount'],
        writes: ['refcount'],
        does: (s, l) => {
          if (s.refcount[l.i] === 0) return tryNext(s, l);
          s.refcount[l.i]++;
          l.root = l.i;
          l.i = 0;
          return 2;
        },
        to: ['find_root', allocate, 'load_unlock'],
      },
      // 4
      load_unlock: { drops: 'mmu_lock:write', to: ['fault_lock'] },
      // 5
      fault_lock: { takes: 'mmu_lock:read', to: ['fault'] },
      // 6
      fault: {
        reads: ['freed'],
        does: (s, l) => s.mustHold(s.freed[l.root] === 0, 'I3', `page fault walks freed root ${l.root}`),
        to: ['fault_unlock'],
      },
      // 7
      fault_unlock: { drops: 'mmu_lock:read', to: ['reset_lock'] },
      // 8
      reset_lock: {
        takes: 'mmu_lock:write',
        does: (_s, l) => {
          l.arg = l.root;
        },
        to: [{ call: 'kvm_tdp_mmu_put_root', returnsTo: ['reset_unlock'] }],
      },
      // 9
      reset_unlock: {
        drops: 'mmu_lock:write',
        does: (s, l) => {
          l.root = none(s);
          l.role = ROLES_SWITCH - l.role;
          l.resets++;
          return l.resets < resets ? 0 : 1;
        },
        to: ['load_lock', 'exit'],
      },
      // 10
      exit: {
        drops: 'vcpu alive',
        does: (_s, l) => {
          l.i = 0;
          l.root = 0;
          l.resets = 0;
          l.role = 0;
        },
        to: ['#end'],
      },
    },
  };
}

function updater(patched: boolean): FunctionText {
  const listedAndValid = (s: Shared, l: Locals): boolean => s.listed[l.i] === 1 && s.invalid[l.i] === 0;
  const invalidate: StepText['does'] = (s, l) => {
    s.invalid[l.i] = 1;
  };
  const destroyWalk: { readonly [label: string]: StepText } = patched
    ? {
        // 48
        destroy_scan: {
          reads: ['listed', 'invalid'],
          does: (s, l) => (listedAndValid(s, l) ? 2 : nextRoot(s, l)),
          to: ['destroy_scan', 'destroy_flush', 'destroy_invalidate'],
        },
        // 49
        destroy_invalidate: { writes: ['invalid'], does: invalidate, to: ['destroy_queue'] },
        // 50
        destroy_queue: {
          writes: ['queue'],
          does: (s, l) => {
            queueZap(s, l.i, false);
            return nextRoot(s, l);
          },
          to: ['destroy_scan', 'destroy_flush'],
        },
      }
    : {};
  const get: { readonly [label: string]: StepText } = patched
    ? {}
    : {
        // 42
        zap_get: {
          reads: ['refcount'],
          writes: ['refcount'],
          does: (s, l) => {
            s.refcount[l.i]++;
          },
          to: ['zap_invalidate'],
        },
      };
  return {
    name: 'updater',
    steps: {
      // 40
      zap_lock: { takes: 'mmu_lock:write', to: ['zap_scan'] },
      // 41
      zap_scan: {
        reads: ['listed', 'invalid'],
        does: (s, l) => (listedAndValid(s, l) ? 2 : nextRoot(s, l)),
        to: ['zap_scan', 'zap_unlock', patched ? 'zap_invalidate' : 'zap_get'],
      },
      ...get,
      // 43
      zap_invalidate: { writes: ['invalid'], does: invalidate, to: ['zap_queue'] },
      // 44
      zap_queue: {
        reads: ['queue'],
        writes: ['queue'],
        does: (s, l) => {
          queueZap(s, l.i, true);
          return nextRoot(s, l);
        },
        to: ['zap_scan', 'zap_unlock'],
      },
      // 45
      zap_unlock: { drops: 'mmu_lock:write', to: ['zap_flush'] },
      // 46
      zap_flush: {
        awaits: 'workqueue flushed',
        reads: ['queue'],
        when: (s) => s.pending === 0,
        to: ['wait_vcpus'],
      },
      // 47
      wait_vcpus: {
        awaits: 'all vcpus gone',
        to: [patched ? 'destroy_scan' : 'destroy_flush'],
      },
      ...destroyWalk,
      // 51
      destroy_flush: {
        awaits: 'workqueue flushed',
        reads: ['queue'],
        when: (s) => s.pending === 0,
        to: ['destroy_workqueue'],
      },
      // 52
      destroy_workqueue: {
        writes: ['stop'],
        does: (s) => {
          s.stop = 1;
        },
        to: ['leak_scan'],
      },
      // 53
      leak_scan: {
        reads: ['used', 'freed'],
        does: (s, l) => {
          s.mustHold(s.used[l.i] === 0 || s.freed[l.i] === 1, 'I30', `root ${l.i} outlives its VM`);
          return nextRoot(s, l);
        },
        to: ['leak_scan', '#end'],
      },
    },
  };
}

const worker: FunctionText = {
  name: 'worker',
  steps: {
    // 60
    take_item: {
      takes: 'item running',
      reads: ['queue', 'stop'],
      writes: ['queue'],
      when: (s) => s.pending > 0,
      ends: (s) => s.pending === 0 && s.stop === 1,
      does: (s, l) => {
        let root = 0;
        while (s.queued[root] === 0) root++;
        l.root = root;
        s.queued[root] = 0;
        s.pending--;
      },
      to: ['zap_lock'],
    },
    // 61
    zap_lock: { takes: 'mmu_lock:read', to: ['zap_begin'] },
    // 62
    zap_begin: {
      reads: ['freed'],
      does: (s, l) => s.mustHold(s.freed[l.root] === 0, 'I3', `worker zaps freed root ${l.root}`),
      to: ['zap'],
    },
    // 63
    zap: {
      writes: ['zapped'],
      does: (s, l) => {
        s.zapped[l.root] = 1;
        l.arg = l.root;
      },
      to: [{ call: 'kvm_tdp_mmu_put_root', returnsTo: ['zap_unlock'] }],
    },
    // 64
    zap_unlock: { drops: 'mmu_lock:read', to: ['item_done'] },
    // 65
    item_done: {
      drops: 'item running',
      does: (_s, l) => {
        l.root = 0;
      },
      to: ['take_item'],
    },
  },
};

export interface RootLifetime {
  readonly program: ProgramText;
  readonly roots: number;
}

/** The .pml has 6 roots, enough for 3 resets of each vCPU; more resets get as many as they can need. */
const PML_ROOTS = 6;

export function rootLifetime(patched: boolean, resets: number): RootLifetime {
  const roots = Math.max(PML_ROOTS, VCPUS * resets);
  const vcpus = Array.from(
    { length: VCPUS },
    (_, k): ThreadText => ({
      name: `vcpu${k}`,
      kind: 'vcpu',
      runs: vcpu(resets),
      holds: ['vcpu alive'],
      begins: (l) => {
        l.root = roots;
      },
    }),
  );
  const workers = Array.from(
    { length: WORKERS },
    (_, k): ThreadText => ({ name: `worker${k}`, kind: 'worker', runs: worker }),
  );
  const threads = [...vcpus, { name: 'updater', kind: 'updater', runs: updater(patched) }, ...workers];
  return {
    program: { functions: [kvm_tdp_mmu_put_root(patched), mmu_alloc_root(patched)], threads },
    roots,
  };
}
