// What one line says to the check: which covered function was entered or left, on which objects, and what the probe read from
// memory. Import's events carry what a session needs; a check needs every function of the probe set, also those that move
// no reference, because a covered function that is silent did not run. Scanned by hand: millions of lines pass through here.

/** A kernel address by its low 48 bits. */
export type Address = number;

export type CoveredEvent =
  | { readonly kind: 'load'; readonly kvm: Address | null; readonly vcpu: Address }
  | { readonly kind: 'loadReturned'; readonly result: number | null }
  | {
      readonly kind: 'lookup';
      readonly kvm: Address | null;
      readonly vcpu: Address;
      readonly role: number | null;
    }
  /** `result`: v6.9 .. v6.13 return an int, other forms return the page or nothing. */
  | { readonly kind: 'lookupReturned'; readonly hpa: Address | null; readonly result: number | null }
  | { readonly kind: 'reset' | 'unload' | 'obsolete'; readonly kvm: Address | null; readonly vcpu: Address }
  | {
      readonly kind: 'freeRoots';
      readonly kvm: Address | null;
      readonly vcpu: Address | null;
      readonly mmu: Address | null;
      readonly mask: number | null;
    }
  /** `hpa` null: the slot was empty. */
  | { readonly kind: 'freePage'; readonly kvm: Address | null; readonly hpa: Address | null }
  | ({ readonly kind: 'put'; readonly shared: boolean | null } & PrintedRoot)
  | { readonly kind: 'next'; readonly kvm: Address | null; readonly previous: Address }
  | { readonly kind: 'nextReturned'; readonly root: Address; readonly caller: string | null }
  | { readonly kind: 'alloc'; readonly level: number | null }
  | {
      readonly kind: 'init';
      readonly sp: Address;
      readonly spt: Address;
      readonly role: number;
      /** The entry that points to it: 0 for a root. */
      readonly sptep: Address | null;
    }
  | {
      readonly kind: 'announced';
      readonly level: number | null;
      readonly count: number;
      readonly created: boolean;
      readonly form: TextForm | null;
    }
  | {
      readonly kind: 'tableFreed';
      readonly spt: Address;
      readonly role: number;
      readonly refcount: number | null;
    }
  /** v5.10's kvm_tdp_mmu_free_root. */
  | ({ readonly kind: 'rootFreed' } & PrintedRoot)
  | { readonly kind: 'invalidate'; readonly kvm: Address | null; readonly types: number | null }
  | { readonly kind: 'zapInvalidated'; readonly kvm: Address | null; readonly shared: boolean | null }
  | { readonly kind: 'zapInvalidatedReturned' }
  | ({ readonly kind: 'zapRoot'; readonly shared: boolean | null } & PrintedRoot)
  | ({
      readonly kind: 'zapPass';
      readonly shared: boolean | null;
      readonly level: number | null;
    } & PrintedRoot)
  | { readonly kind: 'zapRange' | 'zapRangeReturned' }
  | ({ readonly kind: 'schedule' } & PrintedRoot)
  | { readonly kind: 'queued'; readonly work: Address }
  | {
      readonly kind: 'work';
      readonly work: Address;
      readonly role: number | null;
      readonly refcount: number | null;
    }
  | { readonly kind: 'workReturned' }
  /** The work queue begins or ends an item of this kind: the tracepoint names its function. */
  | { readonly kind: 'executes' }
  | { readonly kind: 'fastZap' | 'fastZapFront'; readonly kvm: Address | null }
  | { readonly kind: 'zapAll' | 'zapAllRoots'; readonly kvm: Address | null }
  | { readonly kind: 'fastZapReturned' | 'fastZapAnnounced' }
  | { readonly kind: 'mmuInit' | 'mmuUninit'; readonly kvm: Address | null }
  /** `form`: what the tracepoint prints in some releases only. */
  | { readonly kind: 'entry' | 'exit'; readonly form: TextForm | null }
  | { readonly kind: 'fault'; readonly form: TextForm | null }
  | { readonly kind: 'smm'; readonly entering: boolean }
  /** Its task is in user space, or about to be. */
  | { readonly kind: 'user' }
  /** Nested virtualisation: other MMUs of a vCPU take part, which no probe covers. */
  | { readonly kind: 'nested' }
  /** Known, and of no consequence for roots. */
  | { readonly kind: 'other' }
  | { readonly kind: 'damaged'; readonly field: string };

/** Texts that the recordings show in some releases only: v5.10's page faults name no vCPU, those from 6.1 on do; 7.2 prints more. */
export type TextForm = 'v5.10' | 'from 6.1' | '7.2';

interface PrintedRoot {
  readonly kvm: Address | null;
  readonly root: Address;
  readonly role: number | null;
  readonly refcount: number | null;
}

const ADDRESS_DIGITS = 12;
const TOP_DIGIT = 2 ** 44;

/** Offset of the value behind ` name=`, or -1. A field may also begin the text (raw reports). */
function valueAt(body: string, name: string): number {
  for (let at = body.indexOf(name); at >= 0; at = body.indexOf(name, at + 1)) {
    if (body.charCodeAt(at + name.length) === 61 && (at === 0 || body.charCodeAt(at - 1) === 32))
      return at + name.length + 1;
  }
  return -1;
}

/** A field of the text that is being read is there and not whole. */
let torn = false;
/** Digits of the number that was read last. */
let digits = 0;

/** A value ends where the text or the word does. */
function endsAt(body: string, at: number): boolean {
  const c = body.charCodeAt(at);
  return c === SPACE || c === COMMA || Number.isNaN(c);
}
const SPACE = 32;
const COMMA = 44;
const OPEN = 40;

function hexAt(body: string, begin: number): number | null {
  const at = body.charCodeAt(begin) === 48 && body.charCodeAt(begin + 1) === 120 ? begin + 2 : begin;
  let end = at;
  let value = 0;
  for (; ; end++) {
    const c = body.charCodeAt(end);
    const digit = c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : -1;
    if (digit < 0) break;
    // The low 48 bits stay.
    if (end - at >= ADDRESS_DIGITS) value %= TOP_DIGIT;
    value = value * 16 + digit;
  }
  digits = end - at;
  if (digits === 0) return null;
  if (digits > POINTER_DIGITS || !endsAt(body, end)) torn = true;
  return value;
}

const hex = (body: string, name: string): number | null => {
  const at = valueAt(body, name);
  return at < 0 ? null : hexAt(body, at);
};

/** A kernel's address has all of its digits, or is 0. */
const POINTER_DIGITS = 16;

function pointer(body: string, name: string): number | null {
  const at = valueAt(body, name);
  if (at < 0) return null;
  const value = hexAt(body, at);
  // A probe prints 0x0.
  const whole =
    value === 0 ? body.charCodeAt(0) !== OPEN || body.startsWith('0x', at) : digits === POINTER_DIGITS;
  if (value !== null && !whole) torn = true;
  return value;
}

const PAGE = 0x1000;

/** A physical page: the invalid one has all bits set. */
function page(body: string, name: string): number | null {
  const value = hex(body, name);
  if (value !== null && value !== INVALID_PAGE && value % PAGE !== 0) torn = true;
  return value;
}

const LEVELS = 16;
const ROOT_LEVEL_MIN = 4;
const LEVEL_MAX = 5;

/** A role word: its low bits are the level, so one that lost its last digits shows it. */
function role(body: string, name: string, levelMin: number): number | null {
  const value = hex(body, name);
  if (value === null) return null;
  const level = value % LEVELS;
  if (level < levelMin || level > LEVEL_MAX) torn = true;
  return value;
}

/** A trace.dat's unsigned words are printed in hexadecimal, with 0x. */
function integer(body: string, name: string): number | null {
  const begin = valueAt(body, name);
  if (begin < 0) return null;
  if (body.startsWith('0x', begin)) return hexAt(body, begin);
  const at = body.charCodeAt(begin) === MINUS ? begin + 1 : begin;
  let end = at;
  let value = 0;
  for (let c = body.charCodeAt(end); c >= 48 && c <= 57; c = body.charCodeAt(++end))
    value = value * 10 + c - 48;
  if (end === at) return null;
  if (!endsAt(body, end)) torn = true;
  return at === begin ? value : -value;
}
const MINUS = 45;

const flag = (body: string, name: string): boolean | null => {
  const found = integer(body, name);
  return found === null ? null : found !== 0;
};

const damaged = (field: string): CoveredEvent => ({ kind: 'damaged', field });

const INVALID_PAGE = 0xffff_ffff_ffff;

function printedRoot(body: string): PrintedRoot | null {
  const root = pointer(body, 'root');
  if (root === null) return null;
  const refcount = integer(body, 'refcount');
  return { kvm: pointer(body, 'kvm'), root, role: role(body, 'role', ROOT_LEVEL_MIN), refcount };
}

const ofVm =
  (kind: 'fastZap' | 'fastZapFront' | 'zapAll' | 'zapAllRoots' | 'mmuInit' | 'mmuUninit') =>
  (body: string): CoveredEvent =>
    ({ kind, kvm: pointer(body, 'kvm') }) as CoveredEvent;

const ofVcpu =
  (kind: 'load' | 'reset' | 'unload' | 'obsolete') =>
  (body: string): CoveredEvent => {
    const vcpu = pointer(body, 'vcpu');
    return vcpu === null ? damaged('vcpu') : { kind, kvm: pointer(body, 'kvm'), vcpu };
  };

function lookup(body: string): CoveredEvent {
  const vcpu = pointer(body, 'vcpu');
  if (vcpu === null) return damaged('vcpu');
  // 5.10's probe names what it reads for what it is: the page role in the vCPU's MMU.
  const wants = role(body, 'role', ROOT_LEVEL_MIN) ?? role(body, 'role_page', ROOT_LEVEL_MIN);
  return { kind: 'lookup', kvm: pointer(body, 'kvm'), vcpu, role: wants };
}

function lookupReturned(body: string): CoveredEvent {
  const hpa = page(body, 'hpa');
  if (hpa === null) return damaged('hpa');
  return { kind: 'lookupReturned', hpa: hpa === INVALID_PAGE ? null : hpa, result: integer(body, 'ret') };
}

function init(body: string): CoveredEvent {
  const sp = pointer(body, 'sp');
  const spt = pointer(body, 'spt');
  const word = role(body, 'role', 1);
  if (sp === null || spt === null || word === null) return damaged('sp, spt, role');
  return { kind: 'init', sp, spt, role: word, sptep: pointer(body, 'sptep') };
}

/** `sp gen 0 gfn 0 l4 ... root 0 sync new`; `new sp gfn 0 4 ... root 0 sync` of trace-cmd; its raw form has fields. */
function announced(body: string): CoveredEvent {
  const raw = integer(body, 'created');
  if (raw !== null) {
    const word = integer(body, 'role');
    const level = word === null ? null : word & 0xf;
    return {
      kind: 'announced',
      level,
      count: integer(body, 'root_count') ?? 0,
      created: raw !== 0,
      form: null,
    };
  }
  const level = / l?(\d) (?:\d-byte )?q\d/.exec(body)?.[1];
  const count = / root (-?\d+)/.exec(body)?.[1];
  if (count === undefined) return damaged('root');
  if (!CREATED.test(body)) return damaged('created');
  return {
    kind: 'announced',
    level: level === undefined ? null : Number(level),
    count: Number(count),
    created: body.endsWith(' new') || body.startsWith('new '),
    form: FOUR_LETTERS.test(body) ? '7.2' : null,
  };
}

/** At the end, or with trace-cmd's plugin at the beginning. */
const CREATED = / (?:new|existing)$|^(?:new|existing) /;

/** Access of a table: `wux`, `rwux` in 7.2. */
const FOUR_LETTERS = / direct [r-][w-][u-][x-] /;

function smm(body: string): CoveredEvent {
  const field = integer(body, 'entering');
  if (field !== null) return { kind: 'smm', entering: field !== 0 };
  const entering = body.includes(': entering ');
  return entering || body.includes(': leaving ') ? { kind: 'smm', entering } : damaged('entering');
}

const ENTRY: CoveredEvent = { kind: 'entry', form: null };
const ENTRY_7_2: CoveredEvent = { kind: 'entry', form: '7.2' };
const EXIT: CoveredEvent = { kind: 'exit', form: null };
const EXIT_7_2: CoveredEvent = { kind: 'exit', form: '7.2' };
const REQUESTS = ' requests 0x';
const QUAD_DIGITS = 16;
const OTHER: CoveredEvent = { kind: 'other' };
const WORK_FUNCTION = 'tdp_mmu_zap_root_work';

const DECODERS: Readonly<Record<string, (body: string) => CoveredEvent>> = {
  kvm_mmu_load: ofVcpu('load'),
  kvm_mmu_load_ret: (b) => ({ kind: 'loadReturned', result: integer(b, 'ret') }),
  kvm_tdp_mmu_get_vcpu_root_hpa: lookup,
  kvm_tdp_mmu_get_vcpu_root_hpa_ret: lookupReturned,
  kvm_tdp_mmu_alloc_root: lookup,
  kvm_tdp_mmu_alloc_root_ret: lookupReturned,
  kvm_mmu_reset_context: ofVcpu('reset'),
  kvm_mmu_unload: ofVcpu('unload'),
  kvm_mmu_free_obsolete_roots: ofVcpu('obsolete'),
  kvm_mmu_free_roots: (b) => ({
    kind: 'freeRoots',
    kvm: pointer(b, 'kvm'),
    vcpu: pointer(b, 'vcpu'),
    mmu: pointer(b, 'mmu'),
    mask: hex(b, 'roots_to_free'),
  }),
  mmu_free_root_page: (b) => {
    const hpa = page(b, 'hpa');
    if (hpa === null) return damaged('hpa');
    return { kind: 'freePage', kvm: pointer(b, 'kvm'), hpa: hpa === INVALID_PAGE ? null : hpa };
  },
  kvm_tdp_mmu_put_root: (b) => {
    const root = printedRoot(b);
    if (root === null) return damaged('root');
    const shared = flag(b, 'shared');
    // Read for its end alone: it is the last field.
    pointer(b, 'spt');
    // Whether it has the argument is a release's mark: not of a line that ends before it.
    if (shared === null && root.refcount === null && b.startsWith('(')) return damaged('refcount');
    return { kind: 'put', shared, ...root };
  },
  tdp_mmu_next_root: (b) => {
    const previous = pointer(b, 'prev');
    return previous === null ? damaged('prev') : { kind: 'next', kvm: pointer(b, 'kvm'), previous };
  },
  tdp_mmu_next_root_ret: (b) => {
    const root = pointer(b, 'root');
    if (root === null) return damaged('root');
    return { kind: 'nextReturned', root, caller: /^\(([a-z_]\w*)\+0x/.exec(b)?.[1] ?? null };
  },
  alloc_tdp_mmu_page: (b) => ({ kind: 'alloc', level: integer(b, 'level') }),
  alloc_tdp_mmu_page_ret: init,
  tdp_mmu_init_sp: init,
  kvm_mmu_get_page: announced,
  tdp_mmu_free_sp_rcu_callback: (b) => {
    const spt = pointer(b, 'spt');
    const word = role(b, 'role', 1);
    if (spt === null || word === null) return damaged('spt, role');
    return { kind: 'tableFreed', spt, role: word, refcount: integer(b, 'refcount') };
  },
  kvm_tdp_mmu_free_root: (b) => {
    const root = printedRoot(b);
    if (root === null) return damaged('root');
    return { kind: 'rootFreed', ...root, refcount: integer(b, 'root_count') };
  },
  kvm_tdp_mmu_invalidate_all_roots: (b) => ({ kind: 'invalidate', kvm: pointer(b, 'kvm'), types: null }),
  kvm_tdp_mmu_invalidate_roots: (b) => ({
    kind: 'invalidate',
    kvm: pointer(b, 'kvm'),
    types: hex(b, 'root_types'),
  }),
  kvm_tdp_mmu_zap_invalidated_roots: (b) => ({
    kind: 'zapInvalidated',
    kvm: pointer(b, 'kvm'),
    shared: flag(b, 'shared'),
  }),
  kvm_tdp_mmu_zap_invalidated_roots_ret: () => ({ kind: 'zapInvalidatedReturned' }),
  tdp_mmu_zap_root: (b) => {
    const root = printedRoot(b);
    return root === null ? damaged('root') : { kind: 'zapRoot', shared: flag(b, 'shared'), ...root };
  },
  __tdp_mmu_zap_root: (b) => {
    const root = printedRoot(b);
    if (root === null) return damaged('root');
    return { kind: 'zapPass', shared: flag(b, 'shared'), level: integer(b, 'zap_level'), ...root };
  },
  __kvm_tdp_mmu_zap_gfn_range: () => ({ kind: 'zapRange' }),
  __kvm_tdp_mmu_zap_gfn_range_ret: () => ({ kind: 'zapRangeReturned' }),
  tdp_mmu_schedule_zap_root: (b) => {
    const root = printedRoot(b);
    return root === null ? damaged('root') : { kind: 'schedule', ...root };
  },
  workqueue_queue_work: (b) => {
    if (!b.includes(WORK_FUNCTION)) return b.includes('req_cpu') ? OTHER : damaged('function');
    const work = pointer(b, 'struct');
    return work === null ? damaged('struct') : { kind: 'queued', work };
  },
  workqueue_execute_start: (b) => (b.includes(WORK_FUNCTION) ? { kind: 'executes' } : OTHER),
  workqueue_execute_end: (b) => (b.includes(WORK_FUNCTION) ? { kind: 'executes' } : OTHER),
  tdp_mmu_zap_root_work: (b) => {
    const work = pointer(b, 'work');
    if (work === null) return damaged('work');
    return { kind: 'work', work, role: role(b, 'role', ROOT_LEVEL_MIN), refcount: integer(b, 'refcount') };
  },
  tdp_mmu_zap_root_work_ret: () => ({ kind: 'workReturned' }),
  kvm_mmu_zap_all_fast_entry: ofVm('fastZap'),
  __kvm_mmu_zap_all_fast_front_half: ofVm('fastZapFront'),
  kvm_mmu_zap_all_fast_ret: () => ({ kind: 'fastZapReturned' }),
  kvm_mmu_zap_all_fast: () => ({ kind: 'fastZapAnnounced' }),
  kvm_mmu_zap_all: ofVm('zapAll'),
  kvm_tdp_mmu_zap_all: ofVm('zapAllRoots'),
  kvm_mmu_init_tdp_mmu: ofVm('mmuInit'),
  kvm_mmu_uninit_tdp_mmu: ofVm('mmuUninit'),
  kvm_entry: (b) => (b.includes(' intr_info 0x') ? ENTRY_7_2 : ENTRY),
  kvm_exit: (b) => (b.startsWith(REQUESTS, b.length - REQUESTS.length - QUAD_DIGITS) ? EXIT_7_2 : EXIT),
  kvm_page_fault: (b) => ({
    kind: 'fault',
    form: b.startsWith('address ') ? 'v5.10' : b.startsWith('vcpu ') ? 'from 6.1' : null,
  }),
  kvm_smm_transition: smm,
  kvm_enter_smm: smm,
  tracing_mark_write: () => ({ kind: 'user' }),
  kvm_userspace_exit: () => ({ kind: 'user' }),
  kvm_nested_vmexit: () => ({ kind: 'nested' }),
  kvm_nested_vmexit_inject: () => ({ kind: 'nested' }),
  kvm_nested_vmenter: () => ({ kind: 'nested' }),
  kvm_nested_vmrun: () => ({ kind: 'nested' }),
};

const DECODER_BY_NAME = new Map(Object.entries(DECODERS));

export const COVERED_NAMES: readonly string[] = Object.keys(DECODERS);

/** The reader of an event's text, by its name; null: it is not covered. */
export function decoderOf(event: string): ((body: string) => CoveredEvent) | null {
  const decode = DECODER_BY_NAME.get(event);
  if (decode === undefined) return null;
  return (body) => {
    torn = false;
    const read = decode(body);
    return torn || endsEmpty(body) ? damaged('a whole value') : read;
  };
}

/** The last field has lost its value: `role=`, `role=0x`. */
function endsEmpty(body: string): boolean {
  const last = body.length - 1;
  return body.charCodeAt(last) === 61 || (body.charCodeAt(last) === 120 && body.charCodeAt(last - 2) === 61);
}
