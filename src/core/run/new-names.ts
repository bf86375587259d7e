// Names that the rows of a run use, each told once: threads at the start, sites as calls come from new places.
import type { SiteTable } from '../machine/sites.js';
import type { DictionaryEntry } from './contract.js';

export class NewNames {
  private threadsTold = false;
  private sitesTold = 0;

  constructor(
    private readonly threads: readonly { readonly name: string }[],
    private readonly table: SiteTable,
  ) {}

  /** Those that came since the last call. */
  take(): DictionaryEntry[] {
    const out: DictionaryEntry[] = [];
    if (!this.threadsTold) {
      for (const [id, { name }] of this.threads.entries()) out.push({ kind: 'thread', id, name });
      this.threadsTold = true;
    }
    const { sites } = this.table;
    for (; this.sitesTold < sites.length; this.sitesTold++)
      out.push({ kind: 'site', ...sites[this.sitesTold]! });
    return out;
  }
}
