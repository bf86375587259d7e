// A thread of the VMM: runs its script to its end and returns the result of its last call. Each call is told when it begins and when it ends; calls on memory run
// the MMU notifiers of every VM of the process around the change of its pages.
// Left out: everything of user space but its calls; errors stop nothing (as in the recorded program), except that KVM_RUN
// is not repeated after one. The position in the script and the loop counters are locals: a snapshot carries them.
import { HOST_PAGE_KIND, host_page_generation, host_page_kind } from '../aggregates/host-memory.js';
import { VCPU, VM, VM_STATE } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { E } from '../events/catalogue.js';
import { EXIT, IOCTL, REQ } from '../events/constants.js';
import { fn } from '../kernel/functions.js';
import { S_THREAD } from '../machine/batch.js';
import { op } from '../machine/op.js';
import { call, procedure, ret } from '../machine/procedure.js';
import { NOTIFIED_CALLS, page_after, STORE, store_to } from './host-pages.js';
import { CONTROL, INSTRUCTION_WORDS, ROUND_PORT, RUN, SMI_PORT } from './script.js';

const EIO = 5;

/** A call on a VM that KVM_BUG_ON has declared dead (KVM_RUN looks for itself). */
function is_call_on_dead_vm(w: World, l: { readonly op: number; readonly a: number }): boolean {
  switch (l.op) {
    case IOCTL.KVM_SET_USER_MEMORY_REGION:
    case IOCTL.KVM_CREATE_VCPU:
    case IOCTL.KVM_GET_DIRTY_LOG:
    case IOCTL.KVM_CLEAR_DIRTY_LOG:
      return w.vmWord(l.a, VM.DEAD) !== 0;
    case IOCTL.KVM_SET_CPUID2:
    case IOCTL.KVM_SET_SREGS:
    case IOCTL.KVM_SET_REGS:
    case IOCTL.KVM_SET_MSRS:
    case IOCTL.KVM_PRE_FAULT_MEMORY:
    case IOCTL.KVM_SMI:
      return w.vmWord(w.vcpuWord(l.a, VCPU.VM), VM.DEAD) !== 0;
    default:
      return false;
  }
}

/** Next VM of the process whose MMU notifier is registered and not among `told` (bits), from number `from` on, or -1. */
function next_vm(w: World, from: number, told = 0): number {
  for (let vm = from; vm < w.vms; vm++) {
    if ((told & (1 << vm)) !== 0) continue;
    const state = w.vmWord(vm, VM.STATE);
    if ((state === VM_STATE.live || state === VM_STATE.destroying) && w.vmWord(vm, VM.RELEASED) === 0)
      return vm;
  }
  return -1;
}

/** Object and argument of an IoctlBegun. */
function ioctl_object(
  w: World,
  l: { readonly op: number; readonly a: number; readonly b: number; readonly c: number },
): number {
  switch (l.op) {
    case IOCTL.KVM_SET_USER_MEMORY_REGION:
    case IOCTL.KVM_GET_DIRTY_LOG:
    case IOCTL.KVM_CLEAR_DIRTY_LOG:
      return w.slotId(l.a, l.b, l.c);
    case IOCTL.KVM_CREATE_VCPU:
      return l.b;
    default:
      return l.a;
  }
}
function ioctl_argument(l: {
  readonly op: number;
  readonly b: number;
  readonly e: number;
  readonly rounds: number;
}): number {
  switch (l.op) {
    case IOCTL.KVM_SET_USER_MEMORY_REGION:
      return l.e;
    case IOCTL.KVM_CREATE_VCPU:
      return 0;
    case IOCTL.KVM_RUN:
      return l.rounds;
    default:
      return l.b;
  }
}

export const vmm_thread = procedure(
  'vmm_thread',
  {
    file: 'user space',
    since: 'v5.18',
    params: ['pc'],
    locals: [
      ...(['op', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'result'] as const),
      ...(['rounds', 'loop0', 'loop1', 'loop2', 'vm', 'inside', 'notified', 'page', 'end', 'word'] as const),
    ],
    leftOut: 'everything of user space but its calls',
  },
  {
    fetch: [
      null,
      (l) => {
        const words = l.env.scripts[l.t];
        for (;;) {
          const at = l.pc;
          l.pc = at + INSTRUCTION_WORDS;
          l.op = words[at];
          l.a = words[at + 1];
          l.b = words[at + 2];
          l.c = words[at + 3];
          l.d = words[at + 4];
          l.e = words[at + 5];
          l.f = words[at + 6];
          l.g = words[at + 7];
          if (l.op === CONTROL.END) return ret(l.result);
          l.result = 0;
          switch (l.op) {
            case CONTROL.ARRIVE:
              return 'arrive';
            case CONTROL.AWAIT:
              return 'await';
            case CONTROL.SLEEP:
              return 'sleep';
            case CONTROL.JUMP_UNTIL:
              return 'until';
            case CONTROL.LOOP:
              if (l.a === 0) l.loop0 = l.b;
              else if (l.a === 1) l.loop1 = l.b;
              else l.loop2 = l.b;
              break;
            case CONTROL.END_LOOP:
              if ((l.a === 0 ? --l.loop0 : l.a === 1 ? --l.loop1 : --l.loop2) > 0) l.pc = l.b;
              break;
            case IOCTL.KVM_RUN:
              l.rounds = l.b;
              return 'begin';
            default:
              return 'begin';
          }
        }
      },
    ],
    arrive: [(l) => op.barrier_arrive(l.a), () => 'fetch'],
    await: [(l) => op.barrier_wait(l.a, l.b), () => 'fetch'],
    sleep: [(l) => op.emit(E.ThreadSlept, S_THREAD, l.t, l.a), () => 'woken'],
    // A step of its own, so that whoever runs meanwhile gets his time before this thread goes on.
    woken: [() => op.read_barrier(0), () => 'fetch'],
    until: [
      (l) => op.read_barrier(l.a),
      (l, arrivals) => {
        if (arrivals < l.b) l.pc = l.c;
        return 'fetch';
      },
    ],

    begin: [
      (l) => op.tell_thread(E.IoctlBegun, l.t, l.op, ioctl_object(l.w, l), ioctl_argument(l)),
      (l) => {
        if (is_call_on_dead_vm(l.w, l)) {
          l.result = -EIO;
          return 'end_call';
        }
        switch (l.op) {
          case IOCTL.KVM_CREATE_VM:
            return call(fn.kvm_create_vm, 'done', l.a, l.b, l.c);
          case IOCTL.KVM_SET_USER_MEMORY_REGION:
            return call(fn.kvm_set_memory_region, 'done', l.a, l.w.slotId(l.a, l.b, l.c), l.d, l.e, l.f, l.g);
          case IOCTL.KVM_CREATE_VCPU:
            return call(fn.kvm_vm_ioctl_create_vcpu, 'done', l.a, l.b, l.c);
          case IOCTL.KVM_SET_CPUID2:
            return call(fn.kvm_vcpu_ioctl_set_cpuid2, 'done', l.a, l.b);
          case IOCTL.KVM_SET_SREGS:
            return call(
              fn.kvm_arch_vcpu_ioctl_set_sregs,
              'done',
              l.a,
              l.w.vcpuWord(l.a, VCPU.CPU_STATE) ^ l.b,
              l.c,
            );
          case IOCTL.KVM_RUN:
            return call(fn.kvm_vcpu_ioctl_run, 'ran', l.a);
          case IOCTL.KVM_PRE_FAULT_MEMORY:
            return call(fn.kvm_vcpu_pre_fault_memory, 'done', l.a, l.b, l.c);
          case IOCTL.KVM_SMI:
            return 'request_smi';
          case IOCTL.KVM_GET_DIRTY_LOG:
            return call(fn.kvm_vm_ioctl_get_dirty_log, 'done', l.a, l.w.slotId(l.a, l.b, l.c));
          case IOCTL.KVM_CLEAR_DIRTY_LOG:
            return call(fn.kvm_vm_ioctl_clear_dirty_log, 'done', l.a, l.w.slotId(l.a, l.b, l.c), l.d, l.e);
          case IOCTL.KVM_SET_MSRS:
            return l.c > 0
              ? call(fn.kvm_zap_gfn_range, 'done', l.w.vcpuWord(l.a, VCPU.VM), l.b, l.b + l.c)
              : 'end_call';
          case IOCTL.NX_RECOVERY:
            return call(fn.kvm_recover_nx_lpages, 'done', l.a);
          case IOCTL.CLOSE_VCPU:
            return call(fn.kvm_vcpu_release, 'done', l.a);
          case IOCTL.CLOSE_VM:
            return call(fn.kvm_vm_release, 'done', l.a);
          case IOCTL.EXIT_MM:
          case IOCTL.AGE:
          case IOCTL.TEST_AGE:
            l.vm = 0;
            return 'each_vm';
          case IOCTL.MEMSET:
          case IOCTL.CHILD_EXIT:
            l.page = l.a;
            return l.b > 0 ? 'read_page' : 'end_call';
          default:
            // KVM_SET_REGS: nothing of the MMU's.
            if (!NOTIFIED_CALLS.has(l.op)) return 'end_call';
            l.page = l.a;
            l.end = l.a + l.b;
            l.vm = 0;
            l.inside = 1;
            return 'notify_start';
        }
      },
    ],
    done: [
      null,
      (l, result) => {
        l.result = result;
        return 'end_call';
      },
    ],
    end_call: [(l) => op.tell_thread(E.IoctlEnded, l.t, l.op, ioctl_object(l.w, l), l.result), () => 'fetch'],

    // ---- KVM_RUN until the rounds are done ----
    ran: [
      null,
      (l, result) => {
        l.result = result;
        return 'end_run';
      },
    ],
    end_run: [
      (l) => op.tell_thread(E.IoctlEnded, l.t, IOCTL.KVM_RUN, l.a, l.result),
      (l) => {
        if (l.result <= 0 || l.result === EXIT.HLT) return 'fetch';
        if (l.result !== EXIT.IO_INSTRUCTION) return 'begin';
        const port = l.w.vcpuWord(l.a, VCPU.EXIT_DATA);
        if (port === SMI_PORT) return (l.c & RUN.SMI_ON_PORT) !== 0 ? 'begin_smi' : 'begin';
        if (port !== ROUND_PORT) return 'begin';
        // Rounds 0 stands for no limit, so it is counted below 0.
        l.rounds--;
        if ((l.c & RUN.SMI_AFTER_ROUND) !== 0) return 'begin_smi';
        return l.rounds === 0 ? 'fetch' : 'begin';
      },
    ],
    begin_smi: [(l) => op.tell_thread(E.IoctlBegun, l.t, IOCTL.KVM_SMI, l.a, 0), () => 'smi_between_runs'],
    smi_between_runs: [(l) => op.request_smi(l.a, 0), () => 'end_smi'],
    end_smi: [
      (l) => op.tell_thread(E.IoctlEnded, l.t, IOCTL.KVM_SMI, l.a, 0),
      (l) => (l.rounds === 0 && l.b !== 0 ? 'fetch' : 'begin'),
    ],

    // ---- KVM_SMI as a call of its own; from another thread it stands for an SMI that the APIC delivers ----
    request_smi: [(l) => op.request_smi(l.a, l.b), (l) => (l.b === 1 ? 'kick' : 'end_call')],
    kick: [(l) => op.kick(l.a, REQ.SMI), () => 'end_call'],

    // ---- calls that every registered notifier hears of ----
    each_vm: [
      null,
      (l) => {
        const vm = next_vm(l.w, l.vm);
        if (vm < 0) return 'end_call';
        l.vm = vm + 1;
        switch (l.op) {
          case IOCTL.EXIT_MM:
            return call(fn.kvm_mmu_notifier_release, 'heard', vm);
          case IOCTL.AGE:
            return call(fn.kvm_mmu_notifier_clear_flush_young, 'heard', vm, l.a, l.a + l.b);
          default:
            return call(fn.kvm_mmu_notifier_test_young, 'heard', vm, l.a);
        }
      },
    ],
    heard: [
      null,
      (l, young) => {
        l.result |= young;
        return 'each_vm';
      },
    ],

    // ---- pages [page, end) change between invalidate_range_start and _end ----
    notify_start: [
      null,
      (l) => {
        const vm = next_vm(l.w, 0, l.notified);
        if (vm < 0) {
          l.vm = 0;
          return l.page < l.end ? 'read_page' : 'notify_end';
        }
        l.notified |= 1 << vm;
        const start = l.op === IOCTL.MEMSET ? l.end - 1 : l.a;
        return call(fn.kvm_mmu_notifier_invalidate_range_start, 'notify_start', vm, start, l.end, 1);
      },
    ],
    read_page: [
      (l) => op.read_host_page(l.page),
      (l, word) => {
        l.word = word;
        if (l.op === IOCTL.MEMSET && l.inside === 0) {
          const store = store_to(word);
          if (store === STORE.nothing) return 'next_page';
          if (store === STORE.breaksCow) {
            l.end = l.page + 1;
            l.vm = 0;
            l.inside = 1;
            return 'notify_start';
          }
        }
        // All of a collapsed range moves to one huge page.
        if (l.op === IOCTL.COLLAPSE && l.page === l.a && host_page_kind(word) !== HOST_PAGE_KIND.unmapped) {
          l.c = host_page_generation(word) + 1;
        }
        return page_after(l.op, word, l.c) === word ? 'next_page' : 'set_page';
      },
    ],
    // A VM that was made meanwhile is told first (the kernel's registration would have waited).
    set_page: [
      (l) =>
        l.inside === 1 && next_vm(l.w, 0, l.notified) >= 0
          ? op.read_host_page(l.page)
          : op.set_host_page(l.page, l.word, page_after(l.op, l.word, l.c)),
      (l) => (l.inside === 1 && next_vm(l.w, 0, l.notified) >= 0 ? 'notify_start' : 'next_page'),
    ],
    next_page: [
      null,
      (l) => {
        l.page++;
        if (l.inside === 0) return l.page < l.a + l.b ? 'read_page' : 'end_call';
        if (l.page < l.end) return 'read_page';
        l.vm = 0;
        return 'notify_end';
      },
    ],
    notify_end: [
      null,
      (l) => {
        while (l.vm < l.w.vms && (l.notified & (1 << l.vm)) === 0) l.vm++;
        if (l.vm < l.w.vms) {
          const vm = l.vm++;
          const start = l.op === IOCTL.MEMSET ? l.end - 1 : l.a;
          return call(fn.kvm_mmu_notifier_invalidate_range_end, 'notify_end', vm, start, l.end);
        }
        l.notified = 0;
        l.inside = 0;
        return l.op === IOCTL.MEMSET && l.page < l.a + l.b ? 'read_page' : 'end_call';
      },
    ],
  },
);
