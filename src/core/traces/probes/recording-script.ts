// A shell script that records a complete trace of the TDP MMU's roots on a user's host: which kprobes, which tracepoints, which
// clock and buffers, and what to keep besides the text. Printed, never run from here.
import { BadInput } from '../../base/errors.js';
import { isBefore, parseRelease, type Release } from '../../base/release.js';
import { PROBES_5_10, PROBES_6_1, PROBES_6_12, PROBES_7_2, type ProbeSet } from './probe-sets.js';

/** Group of the probes below events/. */
const GROUP = 'tdpmmu';

/** Tracepoints of kvm that are many and say nothing of roots. */
const NOISE = [
  'kvm_fpu',
  'kvm_vcpu_wakeup',
  'kvm_halt_poll_ns',
  'kvm_update_master_clock',
  'kvm_track_tsc',
  'kvm_write_tsc_offset',
  'kvm_cpuid',
  'kvm_apicv_inhibit_changed',
];

/** First releases with the layout, newest first; below the last one there is no TDP MMU. */
const LAYOUTS: readonly (readonly [from: string, set: ProbeSet])[] = [
  // Mirror roots: kvm_tdp_mmu_alloc_root takes a second argument; kvm_tdp_mmu_invalidate_roots.
  ['6.14', PROBES_7_2],
  // kvm_tdp_mmu_alloc_root in place of kvm_tdp_mmu_get_vcpu_root_hpa; kvm_tdp_mmu_put_root without `shared`.
  ['6.9', PROBES_6_12],
  // tdp_mmu_init_sp is where a root is born; before it alloc_tdp_mmu_page.
  ['5.18', PROBES_6_1],
  ['5.10', PROBES_5_10],
];

export interface RecordingScript {
  /** The recorded kernel whose layout it takes. */
  readonly layout: string;
  /** That very kernel was recorded with these probes. */
  readonly verified: boolean;
  /** Lines of kprobe_events, without the group. */
  readonly probes: readonly string[];
  readonly text: string;
}

/** @param kernel a release: `6.1.192`, `6.8`, the output of `uname -r` */
export function recordingScript(kernel: string): RecordingScript {
  const release = parseRelease(kernel);
  if (release === null) {
    throw new BadInput(
      'kernel',
      `"${kernel}" is no kernel release; expected one like 6.1.192, as uname -r prints it`,
    );
  }
  const set = setFor(kernel, release);
  const recorded = parseRelease(set.kernel)!;
  const verified =
    recorded.major === release.major &&
    recorded.minor === release.minor &&
    recorded.stable === release.stable;
  return { layout: set.kernel, verified, probes: set.probes, text: scriptOf(kernel, set, verified) };
}

function setFor(kernel: string, release: Release): ProbeSet {
  for (const [from, set] of LAYOUTS) if (!isBefore(release, parseRelease(from)!)) return set;
  throw new BadInput(
    'kernel',
    `${kernel} has no TDP MMU: it came with v5.10; expected a release from 5.10 on`,
  );
}

function scriptOf(kernel: string, set: ProbeSet, verified: boolean): string {
  const layout = verified
    ? `# Probes and offsets are those that ${set.kernel} was recorded with.`
    : `# Unverified layout: probes and offsets are those of ${set.kernel}; compare the offsets that are printed below.`;
  return [
    '#!/bin/sh',
    `# Records the lives of KVM's TDP MMU roots on x86-64, for kernel ${kernel}. Run as root: sh record.sh OUTPUT [SECONDS]`,
    layout,
    '# Then: rootline import OUTPUT.trace.txt --kprobe-profile OUTPUT.kprobe-misses.txt. The kprobes cost some microseconds a root event; nothing stays switched on.',
    'set -u',
    '[ $# -gt 0 ] || { echo "usage: sh record.sh OUTPUT [SECONDS]" >&2; exit 2; }',
    'out=$1; seconds=10; [ $# -lt 2 ] || seconds=$2',
    't=/sys/kernel/tracing; [ -d $t/events ] || t=/sys/kernel/debug/tracing',
    'cd $t || exit 1',
    `[ "$(uname -r)" = '${kernel}' ] || echo "this is $(uname -r); the script was printed for ${kernel}" >&2`,
    ...(verified ? [] : offsetsOf(set)),
    'echo 0 > tracing_on; echo nop > current_tracer; : > trace',
    'echo mono > trace_clock',
    'echo 65536 > buffer_size_kb',
    '',
    '# Absent functions are told and left out: inlined, or of another kernel.',
    `probe() { echo "$1" | sed 's,^\\(.\\):,\\1:${GROUP}/,' >> kprobe_events 2>/dev/null || echo "absent: $1" >&2; }`,
    ...set.probes.map(
      (line) => `probe '${line}'${set.optional.includes(nameOf(line)) ? ' # with the zap worker only' : ''}`,
    ),
    `echo 1 > events/${GROUP}/enable`,
    '',
    'for e in events/kvm events/kvmmmu; do [ -d $e ] && echo 1 > $e/enable; done',
    `for e in ${NOISE.join(' ')}; do [ -d events/kvm/$e ] && echo 0 > events/kvm/$e/enable; done`,
    '# A zap freezes 512 empty entries of every table: those are left out.',
    'f=events/kvmmmu/kvm_tdp_mmu_spte_changed/filter',
    `[ -e $f ] && echo '${FILTER}' > $f`,
    ...(set === PROBES_6_1
      ? ['[ -d events/workqueue ] && echo 1 > events/workqueue/workqueue_queue_work/enable']
      : []),
    '',
    'echo 1 > tracing_on; sleep "$seconds"; echo 0 > tracing_on',
    'cat trace > "$OLDPWD/$out.trace.txt"',
    '# Hits and misses of every probe: a probe that was missed leaves no mark in the text.',
    `cat kprobe_profile > "$OLDPWD/$out.kprobe-misses.txt"`,
    '',
    `echo 0 > events/${GROUP}/enable; for e in events/kvm events/kvmmmu events/workqueue; do [ -d $e ] && echo 0 > $e/enable; done`,
    `sed -n 's,^[pr][0-9]*:\\(${GROUP}/[^ ]*\\).*,-:\\1,p' kprobe_events > "$OLDPWD/$out.off"; cat "$OLDPWD/$out.off" >> kprobe_events; rm -f "$OLDPWD/$out.off"`,
    '',
  ].join('\n');
}

/** What REMOVED (frozen) entries have been called over the releases. */
const FILTER =
  '(old_spte != 0 || (new_spte != 0x5a0 && new_spte != 0x80000000000005a0 && new_spte != 0x80000000000001a0)) && (old_spte != 0x8000000000000000 || (new_spte != 0x80000000000005a0 && new_spte != 0x80000000000001a0))';

function nameOf(line: string): string {
  return line.slice(2, line.indexOf(' '));
}

/** The kernel's own offsets beside those of the probes. */
function offsetsOf(set: ProbeSet): string[] {
  const old = set === PROBES_5_10;
  const used = old
    ? 'role 0x34 (52), spt 0x40 (64), root_count 0x50 (80)'
    : 'role 36, spt 48, tdp_mmu_root_count 64, rcu_head 168';
  return [
    `echo "the probes take these offsets in struct kvm_mmu_page: ${used}; this kernel has:" >&2`,
    "pahole -C kvm_mmu_page /sys/kernel/btf/kvm 2>/dev/null | grep -E ' (role|spt|root_count|tdp_mmu_root_count|rcu_head);' >&2 ||",
    "  pahole --btf_base /sys/kernel/btf/vmlinux -C kvm_mmu_page /sys/kernel/btf/kvm 2>/dev/null | grep -E ' (role|spt|root_count|tdp_mmu_root_count|rcu_head);' >&2 ||",
    '  echo "(no pahole, or no BTF of kvm.ko: refcounts and roles in the trace may be nonsense)" >&2',
  ];
}
