// Memory of the VM's process: one word a page. A read fault on an unbacked page maps the shared zero page; a write
// breaks copy-on-write. The bytes of guest memory are left out: a page is only what backs it and how often it changed.

export const HOST_PAGE_KIND = { unbacked: 0, zero: 1, private: 2, unmapped: 3 } as const;
const GEN_SHIFT = 4;
const GEN_MASK = 0x1f;
/** mprotect(PROT_READ) in force. */
export const HOST_PAGE_READONLY = 4;
/** Shared with a forked child: the next write copies. */
export const HOST_PAGE_COW = 8;

/** Pages are numbered below 2^18; a private page's pfn holds its number and how often it was backed anew. */
const PAGE_BITS = 18;
export const ZERO_PAGE_PFN = 0;

export function host_page_kind(word: number): number {
  return word & 3;
}

export function host_page(kind: number, generation: number, flags: number): number {
  return kind | flags | ((generation & GEN_MASK) << GEN_SHIFT);
}

export function host_page_generation(word: number): number {
  return (word >> GEN_SHIFT) & GEN_MASK;
}

/** The pfn that backs page `page`, whose word is `word`: 0 for the zero page. */
export function host_page_pfn(page: number, word: number): number {
  return host_page_kind(word) === HOST_PAGE_KIND.private
    ? 1 + page + (host_page_generation(word) << PAGE_BITS)
    : ZERO_PAGE_PFN;
}
