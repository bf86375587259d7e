// Where a thread stands in the kernel, read from its stack: whether it is inside a fault, which tree it zaps, which pages it
// can still get at. What forced.ts needs to tell two threads' trees apart.
import { FRAME, STACK } from '../../aggregates/layout.js';
import type { World } from '../../aggregates/world.js';
import type { LinkedProtocol } from '../../machine/link.js';
import { LOCAL, type LocalKinds } from './locals.js';

const FAULT = 'direct_page_fault';
const ZAP = 'tdp_mmu_zap_root';
const STALE = 'is_page_fault_stale';
/** Procedures that do nothing under tdp_mmu_pages_lock but count a table in or out. */
const COUNTING: ReadonlySet<string> = new Set(['tdp_mmu_link_sp', 'handle_removed_pt', 'kvm_tdp_mmu_map']);
const BEYOND_COUNTING = /list_(add|del|first|next)|alloc_root|refcount|read_role/;

export class Standing {
  private readonly faultSteps: Uint8Array;
  private readonly zapSteps: Uint8Array;
  private readonly staleSteps: Uint8Array;
  private readonly countingSteps: Uint8Array;
  private readonly zapRootAt: number;
  private readonly knowsFaults: boolean;

  constructor(
    private readonly w: World,
    linked: LinkedProtocol,
    private readonly kinds: LocalKinds,
  ) {
    const marked = (name: string) => Uint8Array.from(linked.steps, (x) => (x.proc.name === name ? 1 : 0));
    this.faultSteps = marked(FAULT);
    this.zapSteps = marked(ZAP);
    this.staleSteps = marked(STALE);
    this.knowsFaults = this.faultSteps.includes(1);
    const counting = new Set(
      linked.procedures
        .filter(({ name, source }) => {
          const text = Object.values(source.steps).map(([ask, then]) => `${String(ask)}${String(then)}`);
          return COUNTING.has(name) && !BEYOND_COUNTING.test(text.join());
        })
        .map(({ name }) => name),
    );
    this.countingSteps = Uint8Array.from(linked.steps, (x) => (counting.has(x.proc.name) ? 1 : 0));
    const zap = linked.procedures.find((x) => x.name === ZAP)?.source.head;
    this.zapRootAt = zap === undefined ? -1 : [...zap.params, ...(zap.locals ?? [])].indexOf('root');
  }

  private top(u: number): number {
    const { layout, s } = this.w;
    return s[layout.stack + u * layout.topology.stackWords + STACK.FRAME];
  }

  /** u is inside a fault; true where that cannot be told. */
  inFault(u: number): boolean {
    if (!this.knowsFaults) return true;
    const { s } = this.w;
    for (let fo = this.top(u); fo !== 0; fo = s[fo + FRAME.BELOW])
      if (this.faultSteps[s[fo + FRAME.STEP]] !== 0) return true;
    return false;
  }

  /** u is about to find out whether its fault is stale. */
  testsStale(u: number): boolean {
    const fo = this.top(u);
    return fo !== 0 && this.staleSteps[this.w.s[fo + FRAME.STEP]] !== 0;
  }

  /** The section under tdp_mmu_pages_lock that u is about to begin only counts a table. */
  countsOnly(u: number): boolean {
    const fo = this.top(u);
    return fo !== 0 && this.countingSteps[this.w.s[fo + FRAME.STEP]] !== 0;
  }

  /** The root whose whole tree u is zapping; -1: none. */
  zaps(u: number): number {
    if (this.zapRootAt < 0) return -1;
    const { s } = this.w;
    for (let fo = this.top(u); fo !== 0; fo = s[fo + FRAME.BELOW])
      if (this.zapSteps[s[fo + FRAME.STEP]] !== 0) return s[fo + FRAME.LOCALS + this.zapRootAt];
    return -1;
  }

  /** A local of u that can still be read holds the page. */
  holds(u: number, page: number): boolean {
    const { s } = this.w;
    for (let fo = this.top(u); fo !== 0; fo = s[fo + FRAME.BELOW]) {
      const locals = this.kinds.byStep[s[fo + FRAME.STEP]];
      for (let k = 0; k < locals.length; k++)
        if (locals[k] === LOCAL.page && s[fo + FRAME.LOCALS + k] === page) return true;
    }
    return false;
  }
}
