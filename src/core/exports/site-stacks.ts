// A site's chain of callers as a stack of function frames. Two sites in one function that was called from one place are
// in the same frame: that a function returned and was called again from the same place shows only where an event of the
// caller lies between.

export interface StackSite {
  readonly id: number;
  readonly function: string;
  readonly parent: number;
}

export class SiteStacks {
  private readonly sites = new Map<number, StackSite>();
  private readonly frames = new Map<string, number>();
  private readonly names: string[] = [];
  private readonly stacks = new Map<number, readonly number[]>();
  /** Sites of one frame share one array, so that an unchanged stack is seen at once. */
  private readonly ofFrame = new Map<number, readonly number[]>();

  constructor(sites: readonly StackSite[]) {
    for (const site of sites) this.sites.set(site.id, site);
  }

  /** Frames of the site's thread, outermost first; empty for a site that is not known. */
  of(site: number): readonly number[] {
    const known = this.stacks.get(site);
    if (known !== undefined) return known;
    const found = this.sites.get(site);
    const stack = found === undefined || found.parent >= site ? [] : this.stackOf(found);
    this.stacks.set(site, stack);
    return stack;
  }

  name(frame: number): string {
    return this.names[frame];
  }

  private stackOf(site: StackSite): readonly number[] {
    const key = `${site.parent} ${site.function}`;
    let frame = this.frames.get(key);
    if (frame === undefined) {
      frame = this.names.push(site.function) - 1;
      this.frames.set(key, frame);
    }
    let stack = this.ofFrame.get(frame);
    if (stack === undefined) {
      stack = [...this.of(site.parent), frame];
      this.ofFrame.set(frame, stack);
    }
    return stack;
  }
}
