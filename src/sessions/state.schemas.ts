// The state of a session as the API describes it; see inspection/state-view.ts for the meaning.
import { z } from 'zod';

const notRecorded = z.literal('notRecorded').describe('the recording level did not keep it');
const kept = <T extends z.ZodType>(schema: T) => z.union([schema, notRecorded]);
const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);

const where = {
  position: z.int().describe('stored position that this is the state at'),
  ordinal: z.int(),
  timeNs: z.number(),
  recording: z.enum(['full', 'lifecycle']),
};

const role = z.object({
  word: z.int(),
  text: z.string().describe('4-level, 4-level SMM, 5-level guest_mode ...'),
  level: z.int(),
  smm: z.boolean(),
  guestMode: z.boolean(),
  direct: z.boolean(),
  invalid: z.boolean(),
  asId: z.int().describe('address space: 1 in SMM'),
});

const memslot = z.object({
  slot: z.int(),
  asId: z.int(),
  state: z.string(),
  baseGfn: z.int(),
  pages: z.int(),
  hvaPage: z.int(),
  flags: z.array(z.string()),
});

export const vm = z.object({
  vm: z.int(),
  state: z.string(),
  usersCount: z.int(),
  createdVcpus: z.int(),
  bugged: z.boolean(),
  mmuValidGen: z.int(),
  roots: z.int().describe('roots on tdp_mmu_roots'),
  workqueue: z.object({ exists: z.boolean(), pending: z.int(), running: z.int() }),
  memslots: z.array(memslot),
  tdpMmuPages: kept(z.int()),
  mmuInvalidateSeq: kept(z.int()),
  mmuInvalidateInProgress: kept(z.int()),
});

const slot = nullable(
  z.object({ address: z.int(), root: nullable(z.int()).describe('null: the page is no root any more') }),
);

export const vcpu = z.object({
  vcpu: z.int(),
  vm: z.int(),
  index: z.int(),
  state: z.string(),
  cpuState: z.array(z.string()),
  role: nullable(role),
  root: slot,
  prevRoots: z.array(slot),
  mode: kept(z.string()),
  requests: kept(z.array(z.string())),
  pendingSmi: kept(z.int()),
});

export const root = z.object({
  root: z.int().describe('number by birth'),
  vm: z.int(),
  address: z.int().describe('page of its table'),
  role,
  refcount: z.int(),
  holders: z.object({ vcpu: z.int(), iterator: z.int(), tdpMmu: z.int(), work: z.int() }),
  namedBy: z.array(z.string()).describe('vCPU slots that name it'),
  listed: z.boolean(),
  zapScheduled: z.boolean(),
  zapsUnderWay: z.int(),
  work: z.string(),
  waitsForRcu: z.boolean(),
  presentSptes: kept(z.int()),
});

export const tdpMmu = z.object({
  vm: z.int(),
  mmuValidGen: z.int(),
  tdpMmuPages: kept(z.int()),
  roots: z.array(root).describe('every root that is not freed, by birth'),
});

export const vms = z.object({ ...where, vms: z.array(vm) });
export const vcpus = z.object({ ...where, vcpus: z.array(vcpu) });
export const tdpMmus = z.object({ ...where, tdpMmus: z.array(tdpMmu) });
export const roots = z.object({ ...where, roots: z.array(root) });
export const oneVm = z.object({ ...where, ...vm.shape });
export const oneVcpu = z.object({ ...where, ...vcpu.shape });
export const oneTdpMmu = z.object({ ...where, ...tdpMmu.shape });
export const oneRoot = z.object({ ...where, ...root.shape });
