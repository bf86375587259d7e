// What a command comes to: calls of one thread and instructions of one guest; or why it is not possible now. Looks at the
// world only for what would make no sense to ask (a vCPU that does not exist, a thread that is in another command): what
// the kernel answers with an error (-EEXIST, -EINVAL, -EIO) is left to the modelled kernel.
import {
  SLOT,
  SLOT_FLAG,
  SLOT_STATE,
  THREAD,
  VCPU,
  VCPU_STATE,
  VM,
  VM_STATE,
} from '../../aggregates/layout.js';
import type { World } from '../../aggregates/world.js';
import { CommandRefused } from '../../base/errors.js';
import { EXIT } from '../../events/constants.js';
import { guestProgram } from '../../guest/program.js';
import { type Region, type ScriptBuilder, script } from '../../userspace/script.js';
import {
  type GuestAction,
  LIVE_COMMAND_NAMES,
  LIVE_COMMANDS,
  type LiveCommand,
  type LiveCommandName,
  REGISTER_BITS,
  type RegisterBit,
} from './catalogue.js';
import type { LiveThreads } from './threads.js';

/** Where the guests' code and SMM handlers lie: memslots must cover them before a guest can run. */
export const CODE_GFN = 1;
export const HANDLER_GFN = 2;

/** Plain numbers: stored with the command, so that a replay does not plan again. */
export interface LivePlan {
  readonly code: number;
  /** Threads that get the command: one, or all for `end`. */
  readonly threads: readonly number[];
  /** Calls of that thread (userspace/script.ts); null ends it. */
  readonly script: readonly number[] | null;
  /** Appended to the program of this vCPU (guest/program.ts). */
  readonly guest: { readonly vcpu: number; readonly program: readonly number[] } | null;
}

type Of<N extends LiveCommandName> = Extract<LiveCommand, { command: N }>;

/** Throws CommandRefused with what is allowed now. */
export function planCommand(w: World, threads: LiveThreads, command: LiveCommand): LivePlan {
  const why = refusal(w, threads, command);
  if (why !== null) throw new CommandRefused(`${command.command}: ${why}`, allowedCommands(w, threads));
  const { code } = LIVE_COMMANDS[command.command];
  if (command.command === 'end') return { code, threads: threads.all, script: null, guest: null };
  const thread = threadOf(threads, command);
  const { calls, guest } = translate(w, command);
  return { code, threads: [thread], script: [...calls.build()], guest };
}

/** Commands that some object could be given now. */
export function allowedCommands(w: World, threads: LiveThreads): LiveCommandName[] {
  const free = (t: number): boolean => isFree(w, t);
  const vcpus = Array.from({ length: w.vcpus }, (_, v) => v);
  const vms = Array.from({ length: w.vms }, (_, vm) => vm);
  const liveVm = vms.some((vm) => isLive(w, vm));
  const runnable = vcpus.some((v) => isVcpu(w, v) && free(threads.vcpu(v)) && backs(w, v, 0, CODE_GFN));
  return LIVE_COMMAND_NAMES.filter((name) => {
    switch (name) {
      case 'createVm':
        return free(threads.main) && vms.some((vm) => w.vmWord(vm, VM.STATE) === VM_STATE.none);
      case 'addVcpu':
        return (
          free(threads.main) && liveVm && vcpus.some((v) => w.vcpuWord(v, VCPU.STATE) === VCPU_STATE.none)
        );
      case 'run':
      case 'touch':
        return runnable;
      case 'smi':
        return vcpus.some(
          (v) =>
            isVcpu(w, v) &&
            backs(w, v, 1, HANDLER_GFN) &&
            (free(threads.host) || (free(threads.vcpu(v)) && backs(w, v, 0, CODE_GFN))),
        );
      case 'resetContext':
      case 'setRegisters':
      case 'closeVcpu':
        return vcpus.some((v) => isVcpu(w, v) && free(threads.vcpu(v)));
      case 'end':
        return threads.all.every(free);
      default:
        return name.startsWith('host') ? free(threads.host) : liveVm && free(threads.main);
    }
  });
}

function refusal(w: World, threads: LiveThreads, c: LiveCommand): string | null {
  switch (c.command) {
    case 'end': {
      const busy = threads.all.find((t) => !isFree(w, t));
      return busy === undefined ? null : busyText(w, threads, busy);
    }
    case 'createVm':
      if (c.vm >= w.vms) return `this session has room for VMs 0 to ${w.vms - 1}`;
      if (w.vmWord(c.vm, VM.STATE) !== VM_STATE.none) return `VM ${c.vm} exists already, or did`;
      break;
    case 'addVcpu':
      if (!isLive(w, c.vm)) return noVm(c.vm);
      if (c.vcpu >= w.vcpus) return `this session has room for vCPUs 0 to ${w.vcpus - 1}`;
      if (w.vcpuWord(c.vcpu, VCPU.STATE) !== VCPU_STATE.none) return `vCPU ${c.vcpu} exists already, or did`;
      break;
    case 'run':
    case 'touch':
      if (!isVcpu(w, c.vcpu)) return noVcpu(c.vcpu);
      if (!backs(w, c.vcpu, 0, CODE_GFN)) return noCode(c.vcpu);
      break;
    case 'smi':
      if (!isVcpu(w, c.vcpu)) return noVcpu(c.vcpu);
      if (!backs(w, c.vcpu, 1, HANDLER_GFN)) {
        return `no memslot of address space 1 covers gfn ${HANDLER_GFN}, where the SMM handler of vCPU ${c.vcpu} lies: addMemslot first`;
      }
      if (!c.asynchronous && !backs(w, c.vcpu, 0, CODE_GFN)) return noCode(c.vcpu);
      break;
    case 'setRegisters':
      if (!isVcpu(w, c.vcpu)) return noVcpu(c.vcpu);
      if (c.by === 'guest' && !backs(w, c.vcpu, 0, CODE_GFN)) return noCode(c.vcpu);
      if (c.by === 'userspace' && c.flip.includes('guest_mode'))
        return 'KVM_SET_SREGS does not change guest_mode; expected by: guest';
      break;
    case 'resetContext':
    case 'closeVcpu':
      if (!isVcpu(w, c.vcpu)) return noVcpu(c.vcpu);
      break;
    case 'addMemslot':
      if (!isLive(w, c.vm)) return noVm(c.vm);
      if (c.slot >= w.slotsPerAddressSpace) return slotRange(w);
      if (slotState(w, c) !== SLOT_STATE.none)
        return `slot ${c.slot} is in use: deleteMemslot or moveMemslot`;
      break;
    case 'deleteMemslot':
    case 'moveMemslot':
    case 'setDirtyLogging':
    case 'getDirtyLog':
    case 'clearDirtyLog':
      if (!isLive(w, c.vm)) return noVm(c.vm);
      if (c.slot >= w.slotsPerAddressSpace) return slotRange(w);
      if (slotState(w, c) === SLOT_STATE.none)
        return `VM ${c.vm} has no slot ${c.slot} in address space ${c.asId}`;
      if (c.command === 'getDirtyLog' || c.command === 'clearDirtyLog') {
        const id = w.slotId(c.vm, c.asId, c.slot);
        if ((w.slotWord(id, SLOT.FLAGS) & SLOT_FLAG.LOG_DIRTY_PAGES) === 0)
          return `slot ${c.slot} does not log dirty pages: setDirtyLogging first`;
        if (c.command === 'clearDirtyLog' && c.firstPage + c.pages > w.slotWord(id, SLOT.PAGES))
          return `slot ${c.slot} has ${w.slotWord(id, SLOT.PAGES)} pages`;
      }
      break;
    case 'destroyVm': {
      if (!isLive(w, c.vm)) return noVm(c.vm);
      const running = vcpusOf(w, c.vm).map((v) => threads.vcpu(v));
      const busy = running.find((t) => !isFree(w, t));
      if (busy !== undefined) return busyText(w, threads, busy);
      break;
    }
    default:
      if (c.hvaPage + c.pages > w.hostPages) return `the process has ${w.hostPages} pages`;
  }
  const thread = threadOf(threads, c);
  return isFree(w, thread) ? null : busyText(w, threads, thread);
}

/** Which thread of the VMM makes the calls. */
function threadOf(threads: LiveThreads, c: Exclude<LiveCommand, { command: 'end' }>): number {
  switch (c.command) {
    case 'run':
    case 'touch':
    case 'resetContext':
    case 'setRegisters':
    case 'closeVcpu':
      return threads.vcpu(c.vcpu);
    case 'smi':
      return c.asynchronous ? threads.host : threads.vcpu(c.vcpu);
    default:
      return c.command.startsWith('host') ? threads.host : threads.main;
  }
}

interface Translation {
  readonly calls: ScriptBuilder;
  readonly guest: LivePlan['guest'];
}

function translate(w: World, c: Exclude<LiveCommand, { command: 'end' }>): Translation {
  const only = (calls: ScriptBuilder): Translation => ({ calls, guest: null });
  switch (c.command) {
    case 'createVm':
      return only(script().createVm(c.vm, c.level));
    case 'addVcpu': {
      const index = vcpusOf(w, c.vm).length;
      const s = script().createVcpu(c.vcpu, c.vm, index).setCpuid2(c.vcpu, c.wide, c.wide);
      return only(s.setSregs(c.vcpu, 0, true).setRegs(c.vcpu));
    }
    case 'run':
      return running(c.vcpu, c.guest, c.repeat, c.smiOnPort);
    case 'touch': {
      const { vcpu, gfn, pages, stride, access } = c;
      return running(vcpu, [{ do: 'touch', gfn, pages, stride, access }], 1, false);
    }
    case 'smi':
      return only(c.asynchronous ? script().smi(c.vcpu, true) : script().smi(c.vcpu).run(c.vcpu, 0));
    case 'resetContext':
      return only(script().setSregs(c.vcpu, 0, true));
    case 'setRegisters':
      return c.by === 'guest'
        ? running(c.vcpu, [{ do: 'writeRegisters', flip: c.flip }], 1, false)
        : only(script().setSregs(c.vcpu, bitsOf(c.flip)));
    case 'addMemslot': {
      const flags =
        (c.readonly ? SLOT_FLAG.READONLY : 0) |
        (c.logDirtyPages ? SLOT_FLAG.LOG_DIRTY_PAGES : 0) |
        (c.huge ? SLOT_FLAG.HUGE : 0);
      const { vm, asId, slot, baseGfn, pages, hvaPage } = c;
      return only(script().setMemoryRegion({ vm, asId, slot, baseGfn, pages, hvaPage, flags }));
    }
    case 'deleteMemslot':
      return only(script().deleteMemoryRegion(c.slot, c.asId, c.vm));
    case 'moveMemslot':
      return only(script().setMemoryRegion({ ...present(w, c), baseGfn: c.baseGfn }));
    case 'setDirtyLogging': {
      const region = present(w, c);
      const without = (region.flags ?? 0) & ~SLOT_FLAG.LOG_DIRTY_PAGES;
      const flags = c.on ? without | SLOT_FLAG.LOG_DIRTY_PAGES : without;
      return only(script().setMemoryRegion({ ...region, flags }));
    }
    case 'getDirtyLog':
      return only(script().getDirtyLog(c.slot, c.asId, c.vm));
    case 'clearDirtyLog':
      return only(script().clearDirtyLog(c.slot, c.firstPage, c.pages, c.asId, c.vm));
    case 'hostWrite':
      return only(script().memset(c.hvaPage, c.pages));
    case 'hostUnmap':
      return only(script().madviseDontneed(c.hvaPage, c.pages));
    case 'hostProtect':
      return only(script().mprotect(c.hvaPage, c.pages, c.readonly));
    case 'hostFork':
      return only(script().fork(c.hvaPage, c.pages));
    case 'hostChildExit':
      return only(script().childExit(c.hvaPage, c.pages));
    case 'hostCollapse':
      return only(script().collapse(c.hvaPage, c.pages));
    case 'hostAge':
      return only(script().age(c.hvaPage, c.pages));
    case 'closeVcpu':
      return only(script().closeVcpu(c.vcpu));
    case 'destroyVm': {
      const s = script();
      if (c.mmFirst) s.exitMm();
      for (const v of vcpusOf(w, c.vm)) s.closeVcpu(v);
      return only(s.closeVm(c.vm));
    }
  }
}

/** The guest does the actions, then stands at the end of its program, which halts it. */
function running(
  vcpu: number,
  actions: readonly GuestAction[],
  repeat: number,
  smiOnPort: boolean,
): Translation {
  const b = guestProgram().code(CODE_GFN);
  b.loop(repeat, () => {
    for (const a of actions) {
      if (a.do === 'touch') b.touch(a.access, a.gfn, a.pages, a.stride);
      else if (a.do === 'writeRegisters') b.writeCr(bitsOf(a.flip));
      else if (a.do === 'movDr') b.movDr();
      else if (a.do === 'out') b.out(a.port);
      else if (a.do === 'cpuid') b.exit(EXIT.CPUID);
      else b.compute(a.ns);
    }
  });
  return { calls: script().run(vcpu, 0, { smiOnPort }), guest: { vcpu, program: [...b.build()] } };
}

function bitsOf(flip: readonly RegisterBit[]): number {
  return flip.reduce((bits, name) => bits | REGISTER_BITS[name], 0);
}

// ---- looking at the world ----

/** The slot as it stands, to be changed. */
function present(w: World, c: Of<'moveMemslot'> | Of<'setDirtyLogging'>): Region {
  const id = w.slotId(c.vm, c.asId, c.slot);
  return {
    vm: c.vm,
    asId: c.asId,
    slot: c.slot,
    baseGfn: w.slotWord(id, SLOT.BASE_GFN),
    pages: w.slotWord(id, SLOT.PAGES),
    hvaPage: w.slotWord(id, SLOT.HVA_PAGE),
    flags: w.slotWord(id, SLOT.FLAGS),
  };
}

function slotState(
  w: World,
  c: { readonly vm: number; readonly asId: number; readonly slot: number },
): number {
  return w.slotWord(w.slotId(c.vm, c.asId, c.slot), SLOT.STATE);
}

function isLive(w: World, vm: number): boolean {
  return vm < w.vms && w.vmWord(vm, VM.STATE) === VM_STATE.live;
}

function isVcpu(w: World, v: number): boolean {
  return v < w.vcpus && w.vcpuWord(v, VCPU.STATE) === VCPU_STATE.live;
}

function vcpusOf(w: World, vm: number): number[] {
  return Array.from({ length: w.vcpus }, (_, v) => v).filter(
    (v) => isVcpu(w, v) && w.vcpuWord(v, VCPU.VM) === vm,
  );
}

/** A memslot of the vCPU's VM covers the frame. */
function backs(w: World, v: number, asId: number, gfn: number): boolean {
  const id = w.findSlot(w.vcpuWord(v, VCPU.VM), asId, gfn);
  return id >= 0 && w.slotWord(id, SLOT.STATE) === SLOT_STATE.active;
}

function isFree(w: World, t: number): boolean {
  return w.threadWord(t, THREAD.COMMAND) === 0 && w.threadWord(t, THREAD.ENDED) === 0;
}

function busyText(w: World, threads: LiveThreads, t: number): string {
  const name = threads.name(t);
  const n = w.threadWord(t, THREAD.COMMAND);
  return n === 0 ? `thread ${name} has ended` : `thread ${name} is still in command ${n}: run or step first`;
}

const noVm = (vm: number): string => `there is no VM ${vm}: createVm first`;
const noVcpu = (v: number): string => `there is no vCPU ${v}: addVcpu first`;
const noCode = (v: number): string =>
  `no memslot covers gfn ${CODE_GFN}, where the code of vCPU ${v} lies: addMemslot first`;
const slotRange = (w: World): string =>
  `this session has room for slots 0 to ${w.slotsPerAddressSpace - 1} in each address space`;
