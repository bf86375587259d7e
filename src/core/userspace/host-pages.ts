// What user-space calls do to the pages of the process: the word before -> the word after.
import {
  HOST_PAGE_COW,
  HOST_PAGE_KIND,
  HOST_PAGE_READONLY,
  host_page,
  host_page_generation,
  host_page_kind,
} from '../aggregates/host-memory.js';
import { IOCTL } from '../events/constants.js';

/** Calls that act on pages, in [hvaPage, hvaPage + pages), inside an MMU notifier's start and end. */
export const NOTIFIED_CALLS: ReadonlySet<number> = new Set([
  IOCTL.MADVISE_DONTNEED,
  IOCTL.MPROTECT,
  IOCTL.MMAP_FIXED,
  IOCTL.MUNMAP,
  IOCTL.FORK,
  IOCTL.COLLAPSE,
]);

/** The word of a page after the call; `argument`: MPROTECT 1 = read-only, COLLAPSE = generation of the new pages. */
export function page_after(call: number, word: number, argument: number): number {
  const kind = host_page_kind(word);
  const generation = host_page_generation(word);
  switch (call) {
    case IOCTL.MADVISE_DONTNEED:
      return kind === HOST_PAGE_KIND.unmapped
        ? word
        : host_page(HOST_PAGE_KIND.unbacked, generation, word & HOST_PAGE_READONLY);
    case IOCTL.MMAP_FIXED:
      return host_page(HOST_PAGE_KIND.unbacked, generation, 0);
    case IOCTL.MUNMAP:
      return host_page(HOST_PAGE_KIND.unmapped, generation, 0);
    case IOCTL.MPROTECT:
      return argument === 1 ? word | HOST_PAGE_READONLY : word & ~HOST_PAGE_READONLY;
    case IOCTL.FORK:
      return kind === HOST_PAGE_KIND.private ? word | HOST_PAGE_COW : word;
    case IOCTL.CHILD_EXIT:
      return word & ~HOST_PAGE_COW;
    case IOCTL.COLLAPSE:
      return kind === HOST_PAGE_KIND.unmapped ? word : host_page(HOST_PAGE_KIND.private, argument, 0);
    case IOCTL.MEMSET:
      return host_page(HOST_PAGE_KIND.private, generation + 1, 0);
    default:
      return word;
  }
}

/** What the process's own write to a page does. */
export const STORE = { nothing: 0, backs: 1, breaksCow: 2 } as const;
export function store_to(word: number): number {
  switch (host_page_kind(word)) {
    case HOST_PAGE_KIND.unbacked:
      return (word & HOST_PAGE_READONLY) !== 0 ? STORE.nothing : STORE.backs;
    case HOST_PAGE_KIND.zero:
      return (word & HOST_PAGE_READONLY) !== 0 ? STORE.nothing : STORE.breaksCow;
    case HOST_PAGE_KIND.private:
      return (word & HOST_PAGE_COW) !== 0 && (word & HOST_PAGE_READONLY) === 0
        ? STORE.breaksCow
        : STORE.nothing;
    default:
      return STORE.nothing;
  }
}
