// Why a vCPU was given a new root, in the words of a report. `first`: the first root of its role, which every kernel makes.

export const CAUSES = [
  'first',
  'smm',
  'cr0',
  'cr4',
  'efer',
  'cpuid',
  'ioctl',
  'memslot',
  'forced',
  'unknown',
] as const;
export type Cause = (typeof CAUSES)[number];

export const CAUSE_TEXT: Readonly<Record<Cause, string>> = {
  first: "a role's first root",
  smm: 'SMM entry or exit',
  cr0: 'a write of CR0',
  cr4: 'a write of CR4',
  efer: 'a write of EFER',
  cpuid: 'KVM_SET_CPUID2',
  ioctl:
    'an ioctl that resets the MMU context (KVM_SET_SREGS; KVM_SET_CPUID2 where no probe tells them apart)',
  memslot: 'a memslot update',
  forced: 'a reset of the MMU context that an experiment forces',
  unknown: 'nothing that the trace shows',
};

/** What happened that often can make a kernel give a root up; null: nothing of it is counted. */
export const OCCASION: Readonly<Record<Cause, readonly [one: string, many: string] | null>> = {
  first: null,
  smm: ['SMI', 'SMIs'],
  cr0: ['write of CR0', 'writes of CR0'],
  cr4: ['write of CR4', 'writes of CR4'],
  efer: ['write of EFER', 'writes of EFER'],
  cpuid: ['KVM_SET_CPUID2', 'times KVM_SET_CPUID2'],
  ioctl: ['ioctl that resets the MMU context', 'ioctls that reset the MMU context'],
  memslot: ['memslot update', 'memslot updates'],
  forced: ['forced reset', 'forced resets'],
  unknown: null,
};
