// vCPUs of a recording: lines name them by address or by index, and a task that is one of them ties the two. And what of the
// kernel's functions was probed at all.
import type { TracedLine } from '../../imports/event-codec.js';

export class VcpuNames {
  readonly birthsProbed: boolean;
  readonly putProbed: boolean;
  readonly zapAllProbed: boolean;
  readonly walksProbed: boolean;
  /** A tracepoint tells of new roots (6.1 and later). */
  readonly announcesRoots: boolean;
  private readonly byAddress = new Map<number, number>();
  private readonly byTask = new Map<number, number>();
  private readonly indices = new Set<number>();

  constructor(lines: readonly TracedLine[]) {
    const has = (type: string): boolean => lines.some(({ event }) => event.type === type);
    this.birthsProbed = has('tableInit');
    this.putProbed = has('put');
    this.zapAllProbed = has('zapAll');
    this.walksProbed = has('nextRoot');
    this.announcesRoots = has('spteChanged') || has('zapPass');
    const addressOf = new Map<number, number>();
    const addresses: number[] = [];
    for (const { event, pid } of lines) {
      if (event.type === 'mmuLoad' || event.type === 'lookup') addressOf.set(pid, event.vcpu);
      if (
        'vcpu' in event &&
        (event.type === 'mmuLoad' || event.type === 'resetContext') &&
        !addresses.includes(event.vcpu)
      )
        addresses.push(event.vcpu);
      if (event.type !== 'entry') continue;
      this.indices.add(event.vcpu);
      if (!this.byTask.has(pid)) this.byTask.set(pid, event.vcpu);
      const address = addressOf.get(pid);
      if (address !== undefined && !this.byAddress.has(address)) this.byAddress.set(address, event.vcpu);
    }
    // Those that never ran have the numbers that are left.
    let next = 0;
    for (const address of addresses) {
      if (this.byAddress.has(address)) continue;
      while (this.indices.has(next)) next++;
      this.indices.add(next);
      this.byAddress.set(address, next);
    }
  }

  get count(): number {
    return Math.max(0, ...this.indices) + 1;
  }

  ofAddress(address: number): number | null {
    return this.byAddress.get(address) ?? null;
  }

  /** The vCPU that this task enters first. */
  ofTask(pid: number): number | null {
    return this.byTask.get(pid) ?? null;
  }

  ofIndex(index: number): number {
    return index;
  }
}
