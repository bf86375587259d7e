// Which kernel's layout a trace has: recognised from event names, fields and the first counts that probes print, or given by
// a version. Recorded are five kernels; every other version goes by the nearest of them, and says so.
import { BadInput } from '../base/errors.js';
import type { FrameEvent } from '../traces/frames/frame.js';
import type { KvmEvent } from '../traces/kvm-event.js';
import { type LifecycleRules, lifecycleRulesOf, RECORDED_KERNELS } from '../traces/lifecycle-rules.js';

export interface TraceLayout {
  /** One of the recorded kernels, whose layout it is; null: nothing told. */
  readonly kernel: string | null;
  /** `given`: a recorded version; `unverified`: another version was given, and this is the nearest recorded one. */
  readonly how: 'recognised' | 'given' | 'unverified layout' | 'not recognised';
  /** References that a root is born with; null: not known, so counts are not. */
  readonly born: 1 | 2 | null;
  readonly rules: LifecycleRules;
}

const FAMILY = {
  spinlock: '5.10.262',
  worker: '6.1.192-nofix',
  caller: '6.1.192',
  readLock: '6.12.117',
  typed: '7.2.13',
} as const;

const rulesOf = (kernel: string): LifecycleRules => {
  const rules = lifecycleRulesOf(kernel);
  if (rules === null) throw new RangeError(`no rules of ${kernel}`);
  return rules;
};

/** Nothing told: a root's life by what 6.1 to 6.12 have in common; no count is believed. */
const UNRECOGNISED: TraceLayout = {
  kernel: null,
  how: 'not recognised',
  born: null,
  rules: rulesOf(FAMILY.caller),
};

const VERSION = /^v?(\d{1,3})\.(\d{1,4})(?:[.-].*)?$/;

/** @param given what somebody said the kernel is */
export function layoutOfVersion(given: string): TraceLayout {
  const version = given.trim();
  if (RECORDED_KERNELS.includes(version)) {
    const rules = rulesOf(version);
    return { kernel: version, how: 'given', born: rules.referencesAtBirth, rules };
  }
  const found = VERSION.exec(version);
  if (found === null)
    throw new BadInput(
      'kernel-version',
      `kernel version "${given}"; expected one like 6.1.90, or a recorded one: ${RECORDED_KERNELS.join(', ')}`,
      RECORDED_KERNELS,
    );
  const [major, minor] = [Number(found[1]), Number(found[2])];
  const at = major * 1_000 + minor;
  if (at < 5_010)
    throw new BadInput(
      'kernel-too-old',
      `kernel ${given} has no TDP MMU; expected 5.10 or later`,
      RECORDED_KERNELS,
    );
  const kernel =
    at <= 5_011
      ? FAMILY.spinlock
      : at <= 6_003 && at !== 6_001
        ? FAMILY.worker
        : at <= 6_008
          ? FAMILY.caller
          : at <= 6_013
            ? FAMILY.readLock
            : FAMILY.typed;
  const rules = rulesOf(kernel);
  // Stable 6.1.y came with and without the fix: what the probes print decides.
  return { kernel, how: 'unverified layout', born: at === 6_001 ? null : rules.referencesAtBirth, rules };
}

/** Births whose counts are looked at until one is believed. */
const VOTES = 3;

/** Looks at the first events of a trace. */
export class LayoutSigns {
  private spinlock = 0;
  private worker = 0;
  private readLock = 0;
  private typed = 0;
  private older = 0;
  /** References since birth, by root. */
  private readonly net = new Map<number, number>();
  private readonly byHpa = new Map<number, number>();
  private readonly bornBy = new Map<number, number>();
  private readonly votes = [0, 0, 0];

  take(frame: FrameEvent, event: KvmEvent): void {
    const { event: name, body } = frame;
    switch (event.type) {
      case 'smm':
        if (name === 'kvm_enter_smm') this.spinlock++;
        else this.older++;
        break;
      case 'exit':
        if (body.includes(' requests 0x') || body.includes(' requests=0x')) this.typed++;
        break;
      case 'pageFault':
        if (event.vcpu === null) this.spinlock++;
        break;
      case 'spteChanged':
        if (body.includes('80000000000001a0')) this.typed++;
        else if (/(?:old|new)_spte[ =](?:0x)?8000000000000(?:000|5a0)\b/.test(body)) this.readLock++;
        else if (event.before === 0 && event.after !== 0) this.older++;
        break;
      case 'pageAnnounced':
        if (/ (?:direct )?[r-][w-][u-][x-] /.test(body)) this.typed++;
        break;
      case 'invalidateAll':
        if (name.startsWith('kvm_tdp_mmu_invalidate_roots')) this.typed++;
        break;
      case 'zapScheduled':
      case 'work':
        this.worker++;
        break;
      case 'rootFreed':
        this.spinlock++;
        break;
      case 'lookup':
        if (name.startsWith('kvm_tdp_mmu_alloc_root')) {
          if (body.includes('private=')) this.typed++;
          else this.readLock++;
        } else if (body.includes('role_page=')) this.spinlock++;
        else this.older++;
        this.bornBy.delete(frame.pid);
        break;
      case 'tableInit':
        if (name.startsWith('alloc_tdp_mmu_page')) this.spinlock++;
        if (event.isRoot) {
          this.net.set(event.sp, 0);
          this.bornBy.set(frame.pid, event.sp);
        } else this.net.delete(event.sp);
        break;
      case 'lookupReturned': {
        const born = this.bornBy.get(frame.pid);
        if (born !== undefined) this.byHpa.set(event.hpa, born);
        else this.add(this.byHpa.get(event.hpa));
        this.bornBy.delete(frame.pid);
        break;
      }
      case 'nextRootReturned':
        this.add(event.root);
        break;
      case 'put': {
        const net = this.net.get(event.root);
        if (net === undefined) break;
        const born = event.refcount - net;
        if (born === 1 || born === 2) this.votes[born]!++;
        this.net.set(event.root, net - 1);
        break;
      }
      default:
    }
  }

  /** Nothing that comes later would change the answer. */
  get decided(): boolean {
    const layout = this.layout();
    return layout.kernel !== null && layout.how === 'recognised' && layout.born !== null && this.sure;
  }

  /** Counts were seen, or the layout has only one. */
  private get sure(): boolean {
    return this.spinlock > 0 || this.worker > 0 || this.votes[1]! + this.votes[2]! >= VOTES;
  }

  layout(): TraceLayout {
    const kernel =
      this.typed > 0
        ? FAMILY.typed
        : this.spinlock > 0
          ? FAMILY.spinlock
          : this.readLock > 0
            ? FAMILY.readLock
            : this.worker > 0 || this.votes[1]! > this.votes[2]!
              ? FAMILY.worker
              : this.older > 0 || this.votes[2]! > 0
                ? FAMILY.caller
                : null;
    if (kernel === null) return UNRECOGNISED;
    const rules = rulesOf(kernel);
    // 6.1 has one layout with the fix and without: only counts and the worker tell.
    const counted = kernel !== FAMILY.caller || this.votes[2]! > 0;
    return { kernel, how: 'recognised', born: counted ? rules.referencesAtBirth : null, rules };
  }

  /** A version was given that has two ways: what was seen decides. */
  refine(given: TraceLayout): TraceLayout {
    if (given.born !== null) return given;
    const seen = this.layout();
    if (seen.kernel !== FAMILY.worker && seen.kernel !== FAMILY.caller) return given;
    return { ...given, kernel: seen.kernel, rules: seen.rules, born: seen.born };
  }

  private add(sp: number | undefined): void {
    const net = sp === undefined ? undefined : this.net.get(sp);
    if (sp !== undefined && net !== undefined) this.net.set(sp, net + 1);
  }
}
