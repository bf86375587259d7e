// Which thread of a live session does what: main makes and changes VMs, host works on the process's memory and sends
// asynchronous SMIs, and each vCPU has its own.
export class LiveThreads {
  readonly main = 0;
  readonly host = 1;

  constructor(private readonly vcpus: number) {}

  vcpu(v: number): number {
    return 2 + v;
  }

  /** All threads that take commands. */
  get all(): readonly number[] {
    return Array.from({ length: 2 + this.vcpus }, (_, t) => t);
  }

  name(t: number): string {
    return t === this.main ? 'main' : t === this.host ? 'host' : `vcpu${t - 2}`;
  }
}
