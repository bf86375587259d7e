// Parameters that make every scenario of the library small enough to run many times.

/** Small enough to run many times; every scenario of the library must be here or need nothing. */
export const SMALL: Readonly<Record<string, Readonly<Record<string, number | string>>>> = {
  boot: { exitsPercent: 1, pagesPercent: 5, resetPolicy: 'except-ept-dr' },
  'smi-heavy': { smis: 10, vcpus: 2 },
  'wsl-seabios': { biosCalls: 10, window: 10, loaderPages: 50, exitsPercent: 1 },
  'xen-shim-smep': { second: 'busy', flips: 300, pages: 4 },
  'memslot-storm': { vcpus: 4, pages: 40, pauseUs: 2_000 },
  teardown: { pages: 600 },
  'gpu-memslots': { roots: 6, pages: 600, updates: 2 },
};
