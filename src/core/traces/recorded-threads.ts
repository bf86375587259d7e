// Who is who in a recording: which tasks are the program's main one, the vCPUs' ones and kworkers, and which vCPU an
// address names. One pass over the whole text, because a vCPU's task shows its id only at its first entry.
import type { Address } from './event-fields.js';
import type { FrameEvent } from './frames/frame.js';
import type { KvmEvent } from './kvm-events.js';
import type { ThreadRole } from './recorded-event.js';

const CREATE_VCPU = /\bKVM_CREATE_VCPU id=(\d+)/;

export interface RecordedThreads {
  roleOf(pid: number): ThreadRole;
  vcpuIdOf(vcpu: Address): number | null;
}

export function identifyThreads(lines: readonly FrameEvent[], events: readonly KvmEvent[]): RecordedThreads {
  const roles = new Map<number, ThreadRole>();
  const vcpuIds = new Map<Address, number>();
  /** The vCPU that a task announced, by id or by address, and whose other name is still to come. */
  const createdId = new Map<number, number>();
  const loading = new Map<number, Address>();

  lines.forEach((line, index) => {
    const event = events[index];
    switch (event?.type) {
      case 'mark': {
        roles.set(line.pid, 'main');
        const id = CREATE_VCPU.exec(event.text)?.[1];
        if (id !== undefined) createdId.set(line.pid, Number(id));
        break;
      }
      case 'resetContext': {
        // The first reset after KVM_CREATE_VCPU is that vCPU's own (KVM_SET_SREGS).
        const id = createdId.get(line.pid);
        if (id !== undefined) vcpuIds.set(event.vcpu, id);
        createdId.delete(line.pid);
        break;
      }
      case 'mmuLoad':
        loading.set(line.pid, event.vcpu);
        break;
      case 'entry':
      case 'exit': {
        if (event.vcpu === null) break;
        if (!roles.has(line.pid)) roles.set(line.pid, `vcpu${event.vcpu}`);
        const address = loading.get(line.pid);
        if (address !== undefined && !vcpuIds.has(address)) vcpuIds.set(address, event.vcpu);
        break;
      }
      case 'work':
        if (!roles.has(line.pid)) roles.set(line.pid, 'worker');
        break;
      default:
        if (line.task.startsWith('kworker/') && !roles.has(line.pid)) roles.set(line.pid, 'worker');
    }
  });
  return {
    roleOf: (pid) => roles.get(pid) ?? 'other',
    vcpuIdOf: (vcpu) => vcpuIds.get(vcpu) ?? null,
  };
}
