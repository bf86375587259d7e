// What a thread of a litmus may do, as it is written: calls of user space (ioctls, memory of the process), kernel functions with
// nothing around them, functions of the shadow MMU, and barriers, which all have. One thread makes calls of one kind.
import { SLOT_FLAG } from '../../../aggregates/layout.js';
import { ACCESS, CPU_STATE, IOCTL } from '../../../events/constants.js';
import { LITMUS_OP } from '../../../userspace/litmus-script.js';
import { CONTROL, RUN } from '../../../userspace/script.js';
import { DONE } from '../litmus.js';
import { bits, choice, type Form, flag, named, num, type Operand, range, times } from './form.js';
import { LITMUS_LIMITS } from './limits.js';

/** What tables of the largest size reach; what those of a litmus reach is looked at when it is whole. */
const GFN_MAX = 65_535;
const PAGE_MAX = LITMUS_LIMITS.hostPages - 1;
/** Barriers below are the convention's own: GO is the line between the parts, MADE and PREPARED are `others prepare`. */
export const FIRST_OWN_BARRIER = 4;

/** `done`, or the number of one of the user's own. */
function barrier(i: number): Operand {
  const own = num(i, 'done or a barrier', LITMUS_LIMITS.barriers - 1, FIRST_OWN_BARRIER);
  return {
    print: (words, at) => (words[at + i] === DONE ? 'done' : own.print(words, at)),
    take(tokens, into) {
      if (!tokens.take('done')) return own.take(tokens, into);
      into[i] = DONE;
      return null;
    },
  };
}

const vcpu = (i: number): Operand => num(i, 'a vCPU', LITMUS_LIMITS.vcpus - 1);
const slot = (i: number): Operand => num(i, 'a slot', LITMUS_LIMITS.slots - 1);
const gfn = (i: number): Operand => num(i, 'a gfn', GFN_MAX);
const gfns = (i: number, count: number): Operand => range(i, count, 'gfns', GFN_MAX);
const pages = (i: number, count: number): Operand => range(i, count, 'pages of the process', PAGE_MAX);
const smm = (i: number): Operand => flag(i, 'smm');

const ARRIVALS = LITMUS_LIMITS.threads * 4;
/** Codes 64 and 65 are the same for all kinds of threads. */
const BARRIERS: readonly Form[] = [
  { code: CONTROL.ARRIVE, words: 'arrive', operands: [barrier(1)] },
  { code: CONTROL.AWAIT, words: 'await', operands: [barrier(1), times(2, ARRIVALS)] },
];

const onPages = (code: number, words: string, ...more: readonly Operand[]): Form => ({
  code,
  words,
  operands: [pages(1, 2), ...more],
});

/** Calls of user space. */
export const VMM_FORMS: readonly Form[] = [
  ...BARRIERS,
  { code: CONTROL.JUMP_UNTIL, words: 'until', operands: [barrier(1), times(2, ARRIVALS)] },
  {
    code: IOCTL.KVM_CREATE_VM,
    words: 'KVM_CREATE_VM',
    fixed: { 2: 4 },
    operands: [flag(3, 'fails')],
  },
  {
    code: IOCTL.KVM_CREATE_VM,
    words: 'KVM_CREATE_VM 5-level',
    fixed: { 2: 5 },
    operands: [flag(3, 'fails')],
  },
  {
    code: IOCTL.KVM_SET_USER_MEMORY_REGION,
    words: 'delete slot',
    fixed: { 5: 0 },
    operands: [slot(3), smm(2)],
  },
  {
    code: IOCTL.KVM_SET_USER_MEMORY_REGION,
    words: 'slot',
    operands: [
      slot(3),
      smm(2),
      named('gfn', gfns(4, 5)),
      named('page', num(6, 'a page of the process', PAGE_MAX)),
      bits(7, SLOT_FLAG, true),
    ],
  },
  // Its index is its number.
  { code: IOCTL.KVM_CREATE_VCPU, words: 'KVM_CREATE_VCPU', operands: [createdVcpu()] },
  {
    code: IOCTL.KVM_SET_CPUID2,
    words: 'KVM_SET_CPUID2',
    operands: [vcpu(1), bits(2, { changed: 1, wide: 2 }, true)],
  },
  {
    code: IOCTL.KVM_SET_SREGS,
    words: 'KVM_SET_SREGS',
    operands: [vcpu(1), flag(3, 'other'), bits(2, CPU_STATE, true)],
  },
  { code: IOCTL.KVM_SET_REGS, words: 'KVM_SET_REGS', operands: [vcpu(1)] },
  { code: IOCTL.KVM_SET_MSRS, words: 'KVM_SET_MSRS', fixed: { 3: 0 }, operands: [vcpu(1)] },
  { code: IOCTL.KVM_SET_MSRS, words: 'set mtrr', operands: [vcpu(1), named('gfn', gfns(2, 3))] },
  {
    code: IOCTL.KVM_RUN,
    words: 'KVM_RUN',
    operands: [
      vcpu(1),
      named('rounds', num(2, 'rounds, 0 for all', 9)),
      bits(3, { smiAfterRound: RUN.SMI_AFTER_ROUND, smiOnPort: RUN.SMI_ON_PORT }, true),
    ],
  },
  { code: IOCTL.KVM_SMI, words: 'KVM_SMI', operands: [vcpu(1), flag(2, 'async')] },
  { code: IOCTL.KVM_GET_DIRTY_LOG, words: 'KVM_GET_DIRTY_LOG slot', operands: [slot(3), smm(2)] },
  {
    code: IOCTL.KVM_CLEAR_DIRTY_LOG,
    words: 'KVM_CLEAR_DIRTY_LOG slot',
    operands: [slot(3), smm(2), named('pages', range(4, 5, 'pages of the slot', PAGE_MAX))],
  },
  {
    code: IOCTL.KVM_PRE_FAULT_MEMORY,
    words: 'KVM_PRE_FAULT_MEMORY',
    operands: [vcpu(1), named('gfn', gfns(2, 3))],
  },
  { code: IOCTL.CLOSE_VCPU, words: 'close vcpu', operands: [vcpu(1)] },
  { code: IOCTL.CLOSE_VM, words: 'close vm', operands: [] },
  { code: IOCTL.NX_RECOVERY, words: 'nx recovery', operands: [] },
  onPages(IOCTL.MEMSET, 'memset'),
  onPages(IOCTL.MADVISE_DONTNEED, 'madvise_dontneed'),
  onPages(IOCTL.MPROTECT, 'mprotect', choice(3, { readonly: 1, writable: 0 })),
  onPages(IOCTL.MMAP_FIXED, 'mmap_fixed'),
  onPages(IOCTL.MUNMAP, 'munmap'),
  onPages(IOCTL.FORK, 'fork'),
  onPages(IOCTL.CHILD_EXIT, 'child_exit'),
  onPages(IOCTL.COLLAPSE, 'collapse'),
  onPages(IOCTL.AGE, 'age'),
  {
    code: IOCTL.TEST_AGE,
    words: 'test_age',
    fixed: { 2: 1 },
    operands: [num(1, 'a page of the process', PAGE_MAX)],
  },
  { code: IOCTL.EXIT_MM, words: 'exit_mm', operands: [] },
];

function createdVcpu(): Operand {
  const number = vcpu(2);
  return {
    print: (words, at) => number.print(words, at),
    take(tokens, into) {
      const expected = number.take(tokens, into);
      into[3] = into[2] ?? 0;
      return expected;
    },
  };
}

const ACCESSES = { read: ACCESS.READ, write: ACCESS.WRITE, exec: ACCESS.EXEC, present: ACCESS.PRESENT };

/** Kernel functions. Those of a vCPU (the first ones) are for threads that drive one. */
export const VCPU_FORMS: readonly Form[] = [
  { code: LITMUS_OP.LOAD, words: 'load', operands: [] },
  {
    code: LITMUS_OP.FAULT,
    words: 'fault',
    operands: [named('gfn', gfn(1)), bits(2, ACCESSES), flag(3, 'until fixed')],
  },
  { code: LITMUS_OP.SMM, words: 'enter SMM', fixed: { 1: 1 }, operands: [] },
  { code: LITMUS_OP.SMM, words: 'leave SMM', fixed: { 1: 0 }, operands: [] },
  { code: LITMUS_OP.ENTER_SMM, words: 'enter_smm', operands: [] },
  { code: LITMUS_OP.LEAVE_SMM, words: 'emulator_leave_smm', operands: [] },
  { code: LITMUS_OP.RESET, words: 'reset', operands: [] },
  { code: LITMUS_OP.REQUESTS, words: 'requests', operands: [] },
  { code: LITMUS_OP.RUN, words: 'run', operands: [] },
];
export const CALLER_FORMS: readonly Form[] = [
  ...BARRIERS,
  { code: LITMUS_OP.ZAP_ALL_FAST, words: 'zap all fast', operands: [] },
  { code: LITMUS_OP.ZAP_ALL, words: 'zap all', operands: [] },
];
export const KERNEL_FORMS: readonly Form[] = [...VCPU_FORMS, ...CALLER_FORMS];

/** Functions of the shadow MMU, for a vCPU that runs a nested guest. */
export const SHADOW_FORMS: readonly Form[] = [
  ...BARRIERS,
  { code: LITMUS_OP.SHADOW_LOAD, words: 'shadow load level', operands: [num(1, 'a level', 5, 3)] },
  { code: LITMUS_OP.SHADOW_FAULT, words: 'shadow fault', operands: [named('gfn', gfn(1))] },
  { code: LITMUS_OP.SHADOW_DROP, words: 'shadow drop', operands: [] },
  { code: LITMUS_OP.SHADOW_SHRINK, words: 'shadow shrink', operands: [] },
];
