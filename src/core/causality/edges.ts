// What orders two events of different threads. An edge goes from the event that lets another thread go on to the event
// with which that thread does; the order of one thread's own events is not listed.

/** By kind, in words that end up in reports and drawings. */
export const EDGE_KINDS = {
  lock: 'a lock was released, and acquired by another thread',
  work: 'a work item was queued, and started',
  workFlush: 'a work item finished, and the flush that waited for it returned',
  request: 'a vCPU request was made, and taken',
  ipi: 'an IPI was sent, and its vCPU left the guest',
  vcpuOutside: 'a vCPU left the guest, and the thread that waited for that went on',
  rcuCallback: 'call_rcu was called, and the callback ran',
  gracePeriod: 'call_rcu was called, and the grace period that its callback needs began',
  rcuReader: 'an RCU read section ended, and the grace period that waited for it ended',
  rcuBarrier: 'the last callback of a VM ran, and the rcu_barrier of its destruction returned',
  srcuReader: 'an SRCU read section ended, and synchronize_srcu returned',
  object: 'two events changed the same object',
} as const;
export type EdgeKind = keyof typeof EDGE_KINDS;

/** `from` and `to` are the numbers that the events were fed with: ordinals, or positions. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly kind: EdgeKind;
}

export type EdgeSink = (from: number, to: number, kind: EdgeKind) => void;

/**
 * Kinds that a recording at `lifecycle` still shows; of the RCU ones only what concerns roots. All others are
 * `notRecorded` there: their absence says nothing.
 */
export const EDGES_AT_LIFECYCLE: readonly EdgeKind[] = ['work', 'workFlush', 'rcuCallback', 'rcuBarrier'];
