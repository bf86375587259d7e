// One sentence of what the churn of roots in a trace says about its kernel.

import { OCCASION } from './causes.js';
import type { CauseFigures, ChurnReport } from './churn-report.js';

/** Roots that are given again of one cause before it counts as churn. */
const CHURN_FROM = 3;
/** Of the occasions: one that leads to a root only now and then is not what makes them. */
const SHARE = 0.5;

/** With a comma at each thousand. */
const number = (n: number): string => String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');
const counted = (n: number, [one, many]: readonly [string, string]): string =>
  `${number(n)} ${n === 1 ? one : many}`;
const allocations = (n: number): string => counted(n, ['root allocation', 'root allocations']);

export function diagnose(churn: ChurnReport): string {
  const { allocations: all, causes } = churn;
  if (all === null)
    return 'no line shows the birth of a root: kernels before v5.15 have no tracepoint for it, later ones need kvmmmu:kvm_mmu_get_page';
  const because = causes
    .filter(({ cause }) => cause !== 'first' && cause !== 'unknown')
    .toSorted((x, y) => y.allocations - x.allocations);
  const top = because[0];
  if (top !== undefined && churns(top))
    return churning(
      because.filter((one) => one.allocations > 0 && isUpdate(one) === isUpdate(top)),
      all,
    );
  const most = because.toSorted((x, y) => (y.occasions ?? 0) - (x.occasions ?? 0))[0];
  const words = most === undefined ? null : OCCASION[most.cause];
  if (most !== undefined && words !== null && (most.occasions ?? 0) >= CHURN_FROM)
    return most.cause === 'memslot'
      ? emptied(churn, all, counted(most.occasions ?? 0, words))
      : `this kernel keeps its roots${churn.vcpus.length > 1 ? ', or another vCPU holds them' : ''}: ${allocations(all)} for ${counted(most.occasions ?? 0, words)}`;
  const unknown = causes.find(({ cause }) => cause === 'unknown')?.allocations ?? 0;
  if (unknown >= CHURN_FROM)
    return `roots are given again and again (${allocations(all)}), and nothing in the trace says why: record kvm:kvm_cr, kvm:kvm_msr, kvm:kvm_smm_transition and the probes of --print-probes`;
  return `nothing churns: ${allocations(all)}, and nothing happened that makes kernels before v6.4 give a root up`;
}

/** Roots stay; what was in them does not, where faults show that. */
function emptied({ refault, faults }: ChurnReport, all: number, updates: string): string {
  const kept = `memslot updates do not cost this kernel its roots: ${allocations(all)} for ${updates}`;
  return refault.faults === 0
    ? kept
    : `${kept}; kernels before v5.13 empty them where they are, and the working set is faulted in again: ${number(refault.faults)} of ${counted(faults, ['page fault', 'page faults'])}`;
}

function churns({ cause, allocations: n, occasions }: CauseFigures): boolean {
  if (n < CHURN_FROM) return false;
  return occasions === null || cause === 'ioctl' || cause === 'memslot' || n >= occasions * SHARE;
}

/** Its roots are given up by every kernel; those of the others by kernels that free a root with its last vCPU. */
const isUpdate = ({ cause }: CauseFigures): boolean => cause === 'memslot';

/** @param causes of roots that were given again, most first */
function churning(causes: readonly CauseFigures[], all: number): string {
  const occasions = causes.flatMap(({ cause, occasions: n }) => {
    const words = OCCASION[cause];
    return words === null || n === null ? [] : [counted(n, words)];
  });
  const made = occasions.length === 0 ? allocations(all) : `${allocations(all)} for ${listed(occasions)}`;
  if (causes[0]?.cause === 'memslot')
    return `memslot updates make each vCPU start over with an empty root at its next entry: ${made}; kernels from v5.13 on do that, unless KVM_X86_QUIRK_SLOT_ZAP_ALL is off (v6.12 on)`;
  return `this kernel frees a root with its last vCPU: ${made}; kernels from v6.4 on keep it`;
}

const listed = (texts: readonly string[]): string =>
  texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
