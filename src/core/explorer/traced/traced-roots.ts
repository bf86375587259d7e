// Roots of a recording by order of birth. Addresses are used again; an order of birth is not.

export class RootNames {
  born = 0;
  private readonly bySp = new Map<number, number>();
  private readonly bySpt = new Map<number, number>();
  private readonly spts = new Map<number, number>();
  private readonly byWork = new Map<number, number>();
  /** Where the kernel's direct map begins: learned from a lookup that made a root. */
  private directMap = 0x8880_0000_0000;

  add(sp: number, spt: number): number {
    const root = ++this.born;
    if (sp !== 0) this.bySp.set(sp, root);
    if (spt !== 0) {
      this.bySpt.set(spt, root);
      this.spts.set(root, spt);
    }
    return root;
  }

  /** A table page is made at this address: the root that was there is gone. */
  reused(sp: number, spt: number): void {
    this.bySp.delete(sp);
    this.bySpt.delete(spt);
  }

  /** A root that is named without a birth gets a number, too. */
  at(sp: number): number {
    return this.bySp.get(sp) ?? this.add(sp, 0);
  }

  atTable(spt: number): number | undefined {
    return this.bySpt.get(spt);
  }

  atHpa(hpa: number): number {
    const spt = hpa + this.directMap;
    return this.bySpt.get(spt) ?? this.add(0, spt);
  }

  learn(root: number, hpa: number): void {
    const spt = this.spts.get(root);
    if (spt !== undefined && spt > hpa) this.directMap = spt - hpa;
  }

  queue(work: number, root: number): void {
    this.byWork.set(work, root);
  }

  ofWork(work: number): number {
    return this.byWork.get(work) ?? 0;
  }
}
