// Constants that a litmus may set over those of the protocol: another bug of the same release switched off, an injected fault, a
// module parameter. What each means is said where it is read. test/litmus/own-litmus.test.ts holds the list against the procedures.
export const LITMUS_CONSTANTS: readonly string[] = [
  // Injected faults and what the host and user space are like.
  'allocWorkqueueFails',
  'hostMaxGfn',
  'hypervisorFlushesRanges',
  'mmuSeqBase',
  'preFaultSignalAfter',
  'shadowPagesOverLimit',
  // Module parameters, and what user space has enabled.
  'dirtyLogInitiallySet',
  'eagerPageSplit',
  'haltInKernel',
  'manualDirtyLogProtect',
  'mirroredTdp',
  'nxHugePages',
  'pml',
  'quirkSlotZapAll',
  // What a release does, so that one bug can be looked at without another.
  'drEmulateFirstExit',
  'flushesFromLastEntry',
  'freezesLargeLeaf',
  'iteratorPutFrees',
  'nxLooksUpOwnAsId',
  'nxZapFlushes',
  'nxZapYields',
  'restartAdvances',
  'roleBitsFromGuest',
  'touchBurst',
  'yieldNeedsProgress',
  'zapCarriesFlush',
  'zapsTopLevel',
];
