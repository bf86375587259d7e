// What an inspection thread keeps warm between orders. Everything here can be built again; every part is bounded.
import type { Layout } from '../../core/aggregates/layout.js';
import type { Manifest } from '../../core/run/contract.js';
import { isTrace, layoutOf } from '../../core/run/trace-session.js';

const MAX_LAYOUTS = 32;

/** The least recently used goes first. */
export class Warm<T> {
  private readonly kept = new Map<string, T>();

  constructor(private readonly max: number) {}

  get(key: string): T | undefined {
    const found = this.kept.get(key);
    if (found !== undefined) {
      this.kept.delete(key);
      this.kept.set(key, found);
    }
    return found;
  }

  /** Returns what had to make room. */
  set(key: string, value: T): T | undefined {
    this.kept.delete(key);
    this.kept.set(key, value);
    if (this.kept.size <= this.max) return undefined;
    const [oldest, gone] = this.kept.entries().next().value!;
    this.kept.delete(oldest);
    return gone;
  }

  delete(key: string): void {
    this.kept.delete(key);
  }

  orMake(key: string, make: () => T): T {
    const found = this.get(key);
    if (found !== undefined) return found;
    const made = make();
    this.set(key, made);
    return made;
  }
}

export class InspectionCaches {
  private readonly layouts = new Warm<Layout>(MAX_LAYOUTS);
  private readonly others = new Map<symbol, unknown>();

  /** Where everything lies in a world of such a session. */
  layout(manifest: Manifest): Layout {
    const { scenario: name, parameters, workload = null, userLitmus = null } = manifest;
    const key = isTrace(manifest) ? name : JSON.stringify([name, parameters, workload, userLitmus]);
    return this.layouts.orMake(key, () => layoutOf(manifest));
  }

  /** A cache of an order's own, made at its first use on this thread: `key` is a symbol of the order's file. */
  own<T>(key: symbol, make: () => T): T {
    if (!this.others.has(key)) this.others.set(key, make());
    return this.others.get(key) as T;
  }
}
