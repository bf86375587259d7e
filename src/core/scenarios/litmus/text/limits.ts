// Most of everything that a litmus of a user's own may have. A search that is too large for its bounds says so by itself; these keep
// the reading and the building of one small.
export const LITMUS_LIMITS = {
  /** Of its text. */
  bytes: 32 * 1_024,
  threads: 12,
  vcpus: 4,
  /** Calls of one thread, what it prepares included. */
  calls: 64,
  /** Instructions of one guest's program. */
  instructions: 32,
  /** Memslots of each address space. */
  slots: 4,
  /** Pages of the process. */
  hostPages: 256,
  /** Pages for roots and tables. */
  pages: 512,
  /** log2 of the entries of a table. */
  tableBits: 3,
  /** Entries of a guest's TLB and of its other caches. */
  cacheEntries: 16,
  stackWords: 1_024,
  programWords: 64,
  constants: 32,
  ignores: 64,
  /** Barriers that a litmus may use besides its own. */
  barriers: 16,
} as const;

/** Depth of a VM's tables: 5 where it is created so. */
export const LEVELS = 4;
