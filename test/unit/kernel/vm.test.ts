// vCPUs and VMs: the loop around the guest, SMM, control state, creation and destruction.
import { describe, expect, it } from 'vitest';
import { VCPU, VM, VM_STATE } from '../../../src/core/aggregates/layout.js';
import { role_level } from '../../../src/core/aggregates/role.js';
import { ASSERTION, CPU_STATE, EXIT, IOCTL, RESET } from '../../../src/core/events/constants.js';
import { type GuestProgramBuilder, guestProgram } from '../../../src/core/guest/program.js';
import { kvm_set_cpu_state_v6_4 } from '../../../src/core/kernel/arch/x86/kvm/x86/kvm_set_cpu_state@v6.4.js';
import type { Protocol } from '../../../src/core/protocols/protocol.js';
import { seedDraft } from '../../../src/core/protocols/seed-draft.js';
import { v5_18 } from '../../../src/core/protocols/v5.18.js';
import { daemons, vmmThread } from '../../../src/core/scenarios/recorded/turns.js';
import { ROUND_PORT, SMI_PORT, script } from '../../../src/core/userspace/script.js';
import { TestMachine } from './harness.js';
import {
  causes,
  close,
  DAEMONS,
  exits,
  machine,
  opened,
  openedSmm,
  PAGE_ROUND,
  results,
} from './one-vcpu.js';

describe('vCPU loop and SMM', () => {
  it('resets twice on SMM entry, once on RSM, and puts once each', () => {
    const s = openedSmm().run(0, 1).smi(0).run(0, 1);
    const m = machine(close(s), { program: PAGE_ROUND, smm: (b) => b.code(9).rsm() }).run();
    expect(causes(m).slice(2)).toEqual([RESET.SMM_ENTER, RESET.SMM_ENTER_CPU_STATE, RESET.SMM_LEAVE]);
    const drops = m.only('SmmEntered', 'SmmLeft', 'RootDropped', 'RootLoaded').map((e) => e.type);
    expect(drops).toEqual([
      'RootLoaded',
      'SmmEntered',
      'RootDropped',
      'RootLoaded',
      'SmmLeft',
      'RootDropped',
      'RootLoaded',
      'RootDropped',
    ]);
    expect(m.open()).toEqual(DAEMONS);
  });

  it('takes several SMIs before a run as one, and keeps one that comes in SMM', () => {
    const twice = openedSmm().smi(0).smi(0).run(0, 2);
    const m = machine(close(twice), { program: PAGE_ROUND, smm: (b) => b.code(9).rsm() }).run();
    expect(m.count('SmmEntered')).toBe(1);
    // The handler itself goes out to user space, which raises the next SMI: it waits for RSM.
    const inside = openedSmm().smi(0).run(0, 2, { smiOnPort: true });
    const handler = (b: GuestProgramBuilder): void =>
      void b
        .code(9)
        .loop(1, (l) => l.out(SMI_PORT))
        .rsm();
    const k = machine(close(inside), { program: PAGE_ROUND, smm: handler });
    k.run(3_000);
    const order = k.only('SmmEntered', 'SmmLeft').map((e) => e.type);
    expect(order.slice(0, 4)).toEqual(['SmmEntered', 'SmmLeft', 'SmmEntered', 'SmmLeft']);
  });

  it('restores control state with one reset per write that changes a role bit', () => {
    const s = openedSmm()
      .setSregs(0, CPU_STATE.CR0_PG | CPU_STATE.CR4_PSE | CPU_STATE.EFER_NX)
      .smi(0)
      .run(0, 1);
    const m = machine(close(s), { program: PAGE_ROUND, smm: (b) => b.code(9).rsm() }).run();
    expect(causes(m).slice(3)).toEqual([
      RESET.SMM_ENTER,
      RESET.SMM_ENTER_CPU_STATE,
      RESET.SMM_LEAVE,
      RESET.CR_WRITE,
      RESET.CR_WRITE,
      RESET.CR_WRITE,
    ]);
    const states = m.only('GuestStateChanged').map((e) => e.state);
    const normal = CPU_STATE.CR0_PG | CPU_STATE.CR4_PSE | CPU_STATE.EFER_NX;
    expect(states[0]).toBe(normal);
    expect(states).toContain(CPU_STATE.SMM);
    expect(states.at(-1)).toBe(normal);
  });

  it('forces the reset after the exits of the mask, and only there', () => {
    const s = opened().run(0, 3);
    const m = machine(close(s), { program: PAGE_ROUND, resetAfterExits: 1 << EXIT.IO_INSTRUCTION }).run();
    expect(causes(m).filter((c) => c === RESET.FORCED).length).toBe(3);
    expect(m.count('RootAllocated')).toBe(3);
    const program = (b: GuestProgramBuilder): void => {
      b.code(8).exit(EXIT.PREEMPTION_TIMER).exit(EXIT.MSR_WRITE).exit(EXIT.CPUID).out(ROUND_PORT);
    };
    const fast = machine(close(opened().run(0, 1)), { program, resetAfterExits: 1 << EXIT.CPUID }).run();
    expect(causes(fast).filter((c) => c === RESET.FORCED).length).toBe(1);
    // Fastpath exits do not leave the inner loop: no handler, no SRCU.
    expect(fast.only('ExitHandled').some((e) => e.reason === EXIT.PREEMPTION_TIMER)).toBe(false);
  });

  it('makes no progress when every EPT violation drops what it mapped', () => {
    const m = machine(close(opened().run(0, 1)), {
      program: PAGE_ROUND,
      resetAfterExits: 1 << EXIT.EPT_VIOLATION,
    });
    expect(() => m.run()).toThrow(/makes no progress/);
    const draft = machine(close(opened().run(0, 1)), {
      protocol: seedDraft,
      program: PAGE_ROUND,
      resetAfterExits: 1 << EXIT.EPT_VIOLATION,
    }).run();
    expect(draft.open()).toEqual(DAEMONS);
    expect(draft.count('RootAllocated')).toBe(1);
  });

  it('loads debug registers lazily: a reset after the exit never lets the MOV through, unless KVM skips it', () => {
    const program = (b: GuestProgramBuilder): void => void b.code(8).touch('read', 1).movDr().out(ROUND_PORT);
    const dr = 1 << EXIT.DR_ACCESS;
    const plain = machine(close(opened().run(0, 1)), { program }).run();
    expect([exits(plain, EXIT.DR_ACCESS), plain.count('DebugRegistersLoaded')]).toEqual([1, 1]);
    expect(() => machine(close(opened().run(0, 1)), { program, resetAfterExits: dr }).run()).toThrow(
      /no progress/,
    );
    const skipped = machine(close(opened().run(0, 1)), {
      program,
      resetAfterExits: dr,
      constants: { drEmulateFirstExit: 1 },
    }).run();
    expect([exits(skipped, EXIT.DR_ACCESS), skipped.count('DebugRegistersLoaded')]).toEqual([1, 0]);
  });

  it('drops obsolete roots before it runs, also when it holds none', () => {
    const s = opened()
      .setMemoryRegion({ slot: 1, baseGfn: 32, pages: 4, hvaPage: 32 })
      .deleteMemoryRegion(1)
      .run(0, 1);
    const m = machine(
      close(
        s.deleteMemoryRegion(0).setMemoryRegion({ slot: 0, baseGfn: 0, pages: 32, hvaPage: 0 }).run(0, 1),
      ),
      {
        program: PAGE_ROUND,
      },
    ).run();
    expect(m.open()).toEqual(DAEMONS);
    expect(m.count('RootAllocated')).toBe(2);
    const taken = m.told.findIndex((t) => t.event.type === 'FastZapEnded');
    expect(m.told.slice(taken).some((t) => t.event.type === 'RequestTaken')).toBe(true);
  });

  it('hands MMIO to user space and goes on behind it', () => {
    const program = (b: GuestProgramBuilder): void =>
      void b.code(8).touch('rmw', 40).touch('read', 1).out(ROUND_PORT);
    const m = machine(close(opened().run(0, 1)), { program }).run();
    expect(m.open()).toEqual(DAEMONS);
    expect(m.count('FaultEmulated')).toBe(1);
    expect(results(m, IOCTL.KVM_RUN)).toEqual([EXIT.EPT_VIOLATION, EXIT.IO_INSTRUCTION]);
  });

  it('answers EIO once the VM is dead', () => {
    const m = machine(close(opened().run(0, 1)), { program: PAGE_ROUND });
    m.run(40);
    m.m.s[m.m.w.vm(0) + VM.DEAD] = 1;
    m.run();
    expect(results(m, IOCTL.KVM_RUN)).toEqual([-5]);
  });
});

describe('control state', () => {
  const toggle = (bits: number) => (b: GuestProgramBuilder) =>
    void b.code(8).loop(2, (l) => l.touch('read', 1).readCr().writeCr(bits).out(ROUND_PORT));

  it('resets on every role bit up to v6.3, not on CR0.WP alone from v6.4 on', () => {
    const forms: readonly [Protocol, number, number][] = [
      [v5_18, CPU_STATE.CR0_WP, 2],
      [v5_18, CPU_STATE.CR4_SMEP, 2],
      [{ ...v5_18, procedures: replaceCpuState() }, CPU_STATE.CR0_WP, 0],
      [{ ...v5_18, procedures: replaceCpuState() }, CPU_STATE.CR0_WP | CPU_STATE.CR4_PSE, 2],
    ];
    for (const [protocol, bits, resets] of forms) {
      const m = machine(close(opened().run(0, 2)), { protocol, program: toggle(bits) }).run();
      expect(causes(m).filter((c) => c === RESET.CR_WRITE).length).toBe(resets);
      expect(m.m.w.vcpuWord(0, VCPU.CPU_STATE)).toBe(0);
    }
  });

  it('switches to guest mode through prev_roots, without a reset', () => {
    const m = machine(close(opened().run(0, 2)), { program: toggle(CPU_STATE.GUEST_MODE) }).run();
    expect(causes(m).filter((c) => c === RESET.CR_WRITE).length).toBe(0);
    expect(m.count('RootAllocated')).toBe(2);
    expect(m.only('RootsRotated').length).toBe(2);
    expect(m.open()).toEqual(DAEMONS);
  });

  it('KVM_SET_SREGS resets when something differs, KVM_SET_CPUID2 only before the first run', () => {
    const s = opened().run(0, 1).setSregs(0, 0).setSregs(0, 0, true).setSregs(0, CPU_STATE.EFER_NX);
    const m = machine(close(s.setCpuid2(0).setCpuid2(0, true)), { program: PAGE_ROUND }).run();
    expect(causes(m)).toEqual([RESET.CPUID, RESET.SET_SREGS, RESET.SET_SREGS, RESET.SET_SREGS]);
    expect(results(m, IOCTL.KVM_SET_CPUID2)).toEqual([0, 0, -22]);
  });

  it('gives 5-level roots to wide guests of a 5-level host only', () => {
    const level = (host: number, wide: boolean): number => {
      const s = script()
        .memset(0, 16)
        .createVm(0, host)
        .setMemoryRegion({ slot: 0, baseGfn: 0, pages: 32, hvaPage: 0 });
      s.createVcpu(0).setCpuid2(0, true, wide).run(0, 1);
      return role_level(machine(close(s), { program: PAGE_ROUND }).run().only('RootAllocated')[0].role);
    };
    expect([level(4, true), level(5, false), level(5, true)]).toEqual([4, 4, 5]);
  });
});

describe('life of a VM', () => {
  it('goes with the last file, whichever it is', () => {
    const m = machine(opened().run(0, 1).closeVm().closeVcpu(0), { program: PAGE_ROUND }).run();
    const order = m
      .only('VmUsersChanged', 'VmDestroyBegun', 'VcpuDestroyed', 'VmDestroyed')
      .map((e) => e.type);
    expect(order).toEqual([
      'VmUsersChanged',
      'VmUsersChanged',
      'VmUsersChanged',
      'VmDestroyBegun',
      'VcpuDestroyed',
      'VmDestroyed',
    ]);
    expect(m.m.w.vmWord(0, VM.STATE)).toBe(VM_STATE.destroyed);
    expect(m.count('ZapAllBegun')).toBe(1);
  });

  it('runs the notifier release once, when the process goes before the files', () => {
    const m = machine(close(opened().run(0, 1).exitMm()), { program: PAGE_ROUND }).run();
    const order = m.only('ZapAllBegun', 'VmDestroyBegun', 'VmDestroyed').map((e) => e.type);
    expect(order).toEqual(['ZapAllBegun', 'VmDestroyBegun', 'VmDestroyed']);
    expect(m.open()).toEqual(DAEMONS);
  });

  it('fails behind kvm_mmu_init_vm with users_count 1: silent in v5.18, an assertion in the draft', () => {
    const failing = script().createVm(0, 4, true);
    const base = machine(failing).run();
    expect(results(base, IOCTL.KVM_CREATE_VM)).toEqual([-12]);
    expect(base.m.w.vmWord(0, VM.USERS_COUNT)).toBe(1);
    expect(base.count('AssertionFired')).toBe(0);
    expect(base.count('WorkqueueDestroyed')).toBe(1);
    const draft = machine(script().createVm(0, 4, true), { protocol: seedDraft }).run();
    expect(draft.only('AssertionFired').map((e) => e.assertion)).toEqual([ASSERTION.LOCKDEP_HELD_WRITE]);
    expect(draft.only('VmCreateFailed').map((e) => e.errno)).toEqual([12]);
  });

  it('refuses a vCPU that exists', () => {
    const m = machine(close(opened(false).createVcpu(0))).run();
    expect(results(m, IOCTL.KVM_CREATE_VCPU)).toEqual([0, -17]);
  });

  it('unloads vCPUs in index order, whatever their numbers', () => {
    const s = script()
      .memset(0, 16)
      .createVm()
      .setMemoryRegion({ slot: 0, baseGfn: 0, pages: 32, hvaPage: 0 });
    s.createVcpu(0, 0, 1).createVcpu(1, 0, 0).run(0, 1).run(1, 1).closeVcpu(0).closeVcpu(1).closeVm();
    const b = guestProgram();
    PAGE_ROUND(b);
    const guest = { program: b.build(), smm: guestProgram().build() };
    const m = new TestMachine({
      procedures: v5_18.procedures,
      threads: [vmmThread('main', s), ...daemons()],
      guests: [guest, guest],
      topology: { hostPages: 64 },
      constants: v5_18.constants,
    });
    m.run();
    expect(m.only('RootDropped').map((e) => e.subject.number)).toEqual([1, 0]);
    expect(m.only('VcpuDestroyed').map((e) => e.subject.number)).toEqual([1, 0]);
  });
});

function replaceCpuState(): Protocol['procedures'] {
  return v5_18.procedures.map((p) => (p.name === 'kvm_set_cpu_state' ? kvm_set_cpu_state_v6_4 : p));
}
