// `import --print-probes KERNEL`: what makes a trace complete on that kernel, as commands that a root shell takes. The probes
// are those of the recordings; offsets into structures differ between builds, and the commands say how to look them up.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { layoutOfVersion } from '../../core/imports/layouts.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { packageRoot } from '../recordings.js';
import type { Terminal } from '../terminal.js';

/** Tracepoints that say nothing about roots and are many. */
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
const BUFFER_KB = 65_536;

export function printProbes(version: string, terminal: Terminal): ExitCode {
  const layout = layoutOfVersion(version);
  const kernel = layout.kernel ?? version;
  const file = join(packageRoot(), 'fixtures', 'traces', 'probes', `${kernel}.txt`);
  const probes = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const worker = layout.rules.zapBy === 'worker';
  const commands = [
    'cd /sys/kernel/tracing',
    'echo 0 > tracing_on; echo > trace; echo mono > trace_clock',
    `echo ${BUFFER_KB} > buffer_size_kb; echo 1 > options/record-tgid`,
    'echo > kprobe_events',
    ...probes.map((probe) => `echo '${probe}' >> kprobe_events`),
    "echo '(old_spte != 0 || new_spte != 0x5a0)' > events/kvmmmu/kvm_tdp_mmu_spte_changed/filter 2>/dev/null",
    'for e in kvm kvmmmu tdpmmu; do echo 1 > events/$e/enable; done',
    `for e in ${NOISE.join(' ')}; do echo 0 > events/kvm/$e/enable 2>/dev/null; done`,
    ...(worker ? ['echo 1 > events/workqueue/workqueue_queue_work/enable'] : []),
    'echo 1 > tracing_on',
    '# ... what is to be recorded ...',
    'echo 0 > tracing_on; gzip < trace > /tmp/kvm.trace.gz; cp kprobe_profile /tmp/kvm.kprobes',
    'echo 0 > events/enable; echo > kprobe_events',
    '# npx rootline import /tmp/kvm.trace.gz --kprobe-profile /tmp/kvm.kprobes',
  ];
  const notes = [
    `probes of ${kernel} (${layout.how === 'given' ? 'recorded' : 'the nearest recorded kernel'}), x86-64`,
    'offsets (+36 role, +48 spt, +64 refcount ...) are those of that build: pahole -C kvm_mmu_page kvm.ko tells yours',
    'a probe that is refused names a function that your compiler inlined: leave it out',
  ];
  terminal.document({ kernel, layout: layout.how, probes, commands, notes });
  for (const note of notes) terminal.line(`# ${note}`);
  for (const command of commands) terminal.line(command);
  return EXIT_CODE.FINE;
}
