// Why a vCPU left its guest, in the words that tracefs prints, whatever the tool: numbers of the raw forms (architecture
// manuals: AMD's appendix C, Intel's appendix C) and the names of trace-cmd's plugin become the kernel's names.

/** struct kvm_exit's `isa`. */
const ISA_VMX = 1;

const VMX: Readonly<Record<number, string>> = {
  0: 'EXCEPTION_NMI',
  1: 'EXTERNAL_INTERRUPT',
  2: 'TRIPLE_FAULT',
  3: 'INIT_SIGNAL',
  4: 'SIPI_SIGNAL',
  7: 'INTERRUPT_WINDOW',
  8: 'NMI_WINDOW',
  9: 'TASK_SWITCH',
  10: 'CPUID',
  12: 'HLT',
  13: 'INVD',
  14: 'INVLPG',
  15: 'RDPMC',
  16: 'RDTSC',
  18: 'VMCALL',
  28: 'CR_ACCESS',
  29: 'DR_ACCESS',
  30: 'IO_INSTRUCTION',
  31: 'MSR_READ',
  32: 'MSR_WRITE',
  33: 'INVALID_STATE',
  36: 'MWAIT_INSTRUCTION',
  37: 'MONITOR_TRAP_FLAG',
  39: 'MONITOR_INSTRUCTION',
  40: 'PAUSE_INSTRUCTION',
  43: 'TPR_BELOW_THRESHOLD',
  44: 'APIC_ACCESS',
  45: 'EOI_INDUCED',
  46: 'GDTR_IDTR',
  47: 'LDTR_TR',
  48: 'EPT_VIOLATION',
  49: 'EPT_MISCONFIG',
  51: 'RDTSCP',
  52: 'PREEMPTION_TIMER',
  54: 'WBINVD',
  55: 'XSETBV',
  56: 'APIC_WRITE',
  58: 'INVPCID',
  62: 'PML_FULL',
  74: 'BUS_LOCK',
};

const SVM: Readonly<Record<number, string>> = {
  0: 'read_cr0',
  2: 'read_cr2',
  3: 'read_cr3',
  4: 'read_cr4',
  8: 'read_cr8',
  16: 'write_cr0',
  18: 'write_cr2',
  19: 'write_cr3',
  20: 'write_cr4',
  24: 'write_cr8',
  96: 'interrupt',
  97: 'nmi',
  98: 'smi',
  99: 'init',
  100: 'vintr',
  101: 'cr0_sel_write',
  110: 'rdtsc',
  111: 'rdpmc',
  114: 'cpuid',
  115: 'rsm',
  116: 'iret',
  117: 'swint',
  118: 'invd',
  119: 'pause',
  120: 'hlt',
  121: 'invlpg',
  122: 'invlpga',
  123: 'io',
  124: 'msr',
  125: 'task_switch',
  127: 'shutdown',
  128: 'vmrun',
  129: 'hypercall',
  135: 'rdtscp',
  137: 'wbinvd',
  138: 'monitor',
  139: 'mwait',
  141: 'xsetbv',
  1024: 'npf',
  1025: 'avic_incomplete_ipi',
  1026: 'avic_unaccelerated_access',
  1027: 'vmgexit',
};

/** Names of trace-cmd's plugin (`EXIT_` in front) that are more than the kernel's in capitals. */
const PLUGIN: Readonly<Record<string, string>> = {
  IOIO: 'io',
  INTR: 'interrupt',
  VMMCALL: 'hypercall',
};

export function exitReasonByNumber(isa: number, reason: number): string {
  const name = isa === ISA_VMX ? VMX[reason % 0x1_0000] : SVM[reason];
  return name ?? `0x${reason.toString(16)}`;
}

/** Interned: one string for all exits of a kind. */
const canonical = new Map<string, string>();
/** Names that are remembered; a text with more than that is damaged, and its names stay as they are. */
const NAMES_MAX = 4_096;

/** `EXIT_NPF` of the plugin is tracefs's `npf`; VMX names are the same in both. */
export function exitReasonByName(printed: string): string {
  const known = canonical.get(printed);
  if (known !== undefined) return known;
  const short = printed.slice('EXIT_'.length);
  const name = printed.startsWith('EXIT_') ? (PLUGIN[short] ?? short.toLowerCase()) : printed;
  if (canonical.size < NAMES_MAX) canonical.set(printed, name);
  return name;
}
