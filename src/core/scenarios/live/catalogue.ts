// The commands of a live session, each declared once: its fields with ranges and defaults. The type that the model works
// with, the check of what comes from outside, the schema of the API and the help of the command line all follow from it.
import { CPU_STATE } from '../../events/constants.js';
import type { TouchAccess } from '../../guest/program.js';

interface IntField {
  readonly kind: 'int';
  readonly min: number;
  readonly max: number;
  /** Where absent, the field must be given. */
  readonly default?: number;
  readonly doc: string;
}
interface FlagField {
  readonly kind: 'flag';
  readonly default: boolean;
  readonly doc: string;
}
interface WordField<W extends string = string> {
  readonly kind: 'word';
  readonly words: readonly W[];
  readonly default: W;
  readonly doc: string;
}
interface WordsField<W extends string = string> {
  readonly kind: 'words';
  readonly words: readonly W[];
  readonly default: readonly W[];
  readonly doc: string;
}
interface GuestField {
  readonly kind: 'guest';
  readonly doc: string;
}
export type Field = IntField | FlagField | WordField | WordsField | GuestField;
export type Fields = { readonly [name: string]: Field };

export interface CommandDeclaration {
  /** Stored with CommandArrived: append, never reorder. */
  readonly code: number;
  readonly doc: string;
  readonly fields: Fields;
}

const int = <const D extends { readonly min: number; readonly max: number; readonly default?: number }>(
  doc: string,
  range: D,
) => ({ kind: 'int', doc, ...range }) as const;
const flag = (doc: string, value = false) => ({ kind: 'flag', default: value, doc }) as const;

const MAX_GFN = 0x3fff_ffff;
const vm = int('number of the VM', { min: 0, max: 7, default: 0 });
const vcpu = int('number of the vCPU, unique over all VMs', { min: 0, max: 63 });
const asId = int('address space: 0 normal, 1 SMM', { min: 0, max: 1, default: 0 });
const slot = int('number of the memslot in its address space', { min: 0, max: 14 });
const baseGfn = int('first guest frame', { min: 0, max: MAX_GFN });
const hvaPage = int('first page of the process', { min: 0, max: 1 << 18 });
const pages = int('pages', { min: 1, max: 1 << 18 });

/** CPU_STATE bits that registers can flip; SMM is left to SMIs and RSM. */
export const REGISTER_BITS = {
  'CR0.WP': CPU_STATE.CR0_WP,
  'CR0.PG': CPU_STATE.CR0_PG,
  'CR4.PSE': CPU_STATE.CR4_PSE,
  'CR4.SMEP': CPU_STATE.CR4_SMEP,
  'EFER.NX': CPU_STATE.EFER_NX,
  guest_mode: CPU_STATE.GUEST_MODE,
} as const;
export type RegisterBit = keyof typeof REGISTER_BITS;
const registers = Object.keys(REGISTER_BITS) as readonly RegisterBit[];

/** What a guest can be told to do by `run`; the defaults are those of the fields of the same name. */
export type GuestAction =
  | {
      readonly do: 'touch';
      readonly gfn: number;
      readonly pages: number;
      readonly stride: number;
      readonly access: TouchAccess;
    }
  | { readonly do: 'writeRegisters'; readonly flip: readonly RegisterBit[] }
  | { readonly do: 'movDr' }
  | { readonly do: 'out'; readonly port: number }
  | { readonly do: 'cpuid' }
  | { readonly do: 'compute'; readonly ns: number };

export const ACCESSES = ['read', 'write', 'rmw', 'exec'] as const satisfies readonly TouchAccess[];
const access = {
  kind: 'word',
  words: ACCESSES,
  default: 'rmw',
  doc: 'how the page is used; rmw reads first',
} as const;

export const GUEST_ACTIONS = {
  touch: {
    gfn: int('first guest frame', { min: 0, max: MAX_GFN }),
    pages: int('pages touched', { min: 1, max: 65_536, default: 1 }),
    stride: int('frames from one touch to the next', { min: 1, max: 1 << 18, default: 1 }),
    access,
  },
  writeRegisters: {
    flip: { kind: 'words', words: registers, default: ['CR4.PSE'], doc: 'bits that MOV to CR flips' },
  },
  movDr: {},
  out: { port: int('port; 178 (0xb2) asks for an SMI', { min: 0, max: 0x7fff }) },
  cpuid: {},
  compute: { ns: int('guest time, ns', { min: 1, max: 1_000_000_000 }) },
} as const satisfies { readonly [name in GuestAction['do']]: Fields };

/** Actions of one `run`, and how often they are repeated. */
export const MAX_GUEST_ACTIONS = 64;
const repeat = int('how often the actions are done', { min: 1, max: 100_000, default: 1 });

export const LIVE_COMMANDS = {
  createVm: {
    code: 1,
    doc: 'KVM_CREATE_VM',
    fields: { vm, level: int('depth of the TDP tables on this host', { min: 4, max: 5, default: 4 }) },
  },
  addVcpu: {
    code: 2,
    doc: 'KVM_CREATE_VCPU, KVM_SET_CPUID2, KVM_SET_SREGS and KVM_SET_REGS, as a VMM does before the first KVM_RUN',
    fields: { vm, vcpu, wide: flag('guest MAXPHYADDR > 48: 5-level roots where the host has them') },
  },
  run: {
    code: 3,
    doc: 'KVM_RUN: the guest does the actions, then halts; KVM_RUN is repeated after every other exit',
    fields: {
      vcpu,
      guest: { kind: 'guest', doc: 'what the guest does, in order' },
      repeat,
      smiOnPort: flag('user space answers OUT to port 0xb2 with KVM_SMI', true),
    },
  },
  touch: {
    code: 4,
    doc: 'KVM_RUN in which the guest touches pages, then halts',
    fields: { vcpu, ...GUEST_ACTIONS.touch },
  },
  smi: {
    code: 5,
    doc: 'KVM_SMI. Synchronous: between two KVM_RUNs of the vCPU, then KVM_RUN until it halts; else from the host thread with a kick, while the vCPU may be running',
    fields: { vcpu, asynchronous: flag('from the host thread') },
  },
  resetContext: {
    code: 6,
    doc: 'kvm_mmu_reset_context by KVM_SET_SREGS with another CR3: the root role stays what it is',
    fields: { vcpu },
  },
  setRegisters: {
    code: 7,
    doc: 'flips bits that the root role depends on, by KVM_SET_SREGS or by MOV to CR in the guest',
    fields: {
      vcpu,
      flip: { kind: 'words', words: registers, default: ['CR4.PSE'], doc: 'bits that change' },
      by: {
        kind: 'word',
        words: ['userspace', 'guest'],
        default: 'userspace',
        doc: 'KVM_SET_SREGS, or the guest itself',
      },
    },
  },
  addMemslot: {
    code: 8,
    doc: 'KVM_SET_USER_MEMORY_REGION with a slot number that is not in use',
    fields: {
      vm,
      asId,
      slot,
      baseGfn,
      pages,
      hvaPage,
      readonly: flag('KVM_MEM_READONLY'),
      logDirtyPages: flag('KVM_MEM_LOG_DIRTY_PAGES'),
      huge: flag('the memory is backed by transparent huge pages'),
    },
  },
  deleteMemslot: { code: 9, doc: 'KVM_SET_USER_MEMORY_REGION with size 0', fields: { vm, asId, slot } },
  moveMemslot: {
    code: 10,
    doc: 'KVM_SET_USER_MEMORY_REGION with another guest address',
    fields: { vm, asId, slot, baseGfn },
  },
  setDirtyLogging: {
    code: 11,
    doc: 'KVM_SET_USER_MEMORY_REGION that changes KVM_MEM_LOG_DIRTY_PAGES only',
    fields: { vm, asId, slot, on: flag('log dirty pages', true) },
  },
  getDirtyLog: { code: 12, doc: 'KVM_GET_DIRTY_LOG', fields: { vm, asId, slot } },
  clearDirtyLog: {
    code: 13,
    doc: 'KVM_CLEAR_DIRTY_LOG',
    fields: {
      vm,
      asId,
      slot,
      firstPage: int('first page of the slot', { min: 0, max: 1 << 18, default: 0 }),
      pages,
    },
  },
  hostWrite: { code: 14, doc: 'the process writes to its pages', fields: { hvaPage, pages } },
  hostUnmap: { code: 15, doc: 'madvise(MADV_DONTNEED): MMU notifiers run', fields: { hvaPage, pages } },
  hostProtect: {
    code: 16,
    doc: 'mprotect: MMU notifiers run',
    fields: { hvaPage, pages, readonly: flag('PROT_READ only', true) },
  },
  hostFork: {
    code: 17,
    doc: 'fork: private pages of the range become copy-on-write, MMU notifiers run',
    fields: { hvaPage, pages },
  },
  hostChildExit: {
    code: 18,
    doc: 'the forked child ends: its pages are no longer shared',
    fields: { hvaPage, pages },
  },
  hostCollapse: {
    code: 19,
    doc: 'khugepaged moves the range to contiguous pages: MMU notifiers run',
    fields: { hvaPage, pages },
  },
  hostAge: { code: 20, doc: 'clear_flush_young over the range', fields: { hvaPage, pages } },
  closeVcpu: { code: 21, doc: 'close() of the vCPU file', fields: { vcpu } },
  destroyVm: {
    code: 22,
    doc: 'the files of its vCPUs that are open are closed, then that of the VM: the VM is destroyed',
    fields: { vm, mmFirst: flag('the address space goes first, as when the process is killed') },
  },
  end: {
    code: 23,
    doc: 'the threads of the VMM end, so that the run completes and its invariants are judged',
    fields: {},
  },
} as const satisfies { readonly [name: string]: CommandDeclaration };

type ValueOf<F> = F extends IntField
  ? number
  : F extends FlagField
    ? boolean
    : F extends WordField<infer W>
      ? W
      : F extends WordsField<infer W>
        ? readonly W[]
        : readonly GuestAction[];

type Catalogue = typeof LIVE_COMMANDS;
export type LiveCommandName = keyof Catalogue;
/** A command with every field filled in. */
export type LiveCommand = {
  [N in LiveCommandName]: { readonly command: N } & {
    readonly [F in keyof Catalogue[N]['fields']]: ValueOf<Catalogue[N]['fields'][F]>;
  };
}[LiveCommandName];

/** `Fields` as they may be given: what has a default may be left out. */
type GivenFields<D> = {
  readonly [F in keyof D as D[F] extends { readonly default: unknown } ? never : F]: GivenValueOf<D[F]>;
} & {
  readonly [F in keyof D as D[F] extends { readonly default: unknown } ? F : never]?: GivenValueOf<D[F]>;
};
type GivenValueOf<F> = F extends GuestField ? readonly GuestActionInput[] : ValueOf<F>;

type Actions = typeof GUEST_ACTIONS;
export type GuestActionInput = {
  [A in keyof Actions]: { readonly do: A } & GivenFields<Actions[A]>;
}[keyof Actions];

/** A command as it may be given. */
export type LiveCommandInput = {
  [N in LiveCommandName]: { readonly command: N } & GivenFields<Catalogue[N]['fields']>;
}[LiveCommandName];

export const LIVE_COMMAND_NAMES = Object.keys(LIVE_COMMANDS) as readonly LiveCommandName[];
