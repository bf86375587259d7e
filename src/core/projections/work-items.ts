// The zap work of each VM's workqueue: items that wait, in the order of the queue, and items that a worker runs.
import { PAGE, THREAD, VM } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';

export interface WorkItemView {
  readonly vm: number;
  /** Root to zap. */
  readonly root: number;
  readonly state: 'queued' | 'running';
  /** Thread that runs it. */
  readonly thread: number | null;
  /** A flush of the workqueue waits for it. */
  readonly flushed: boolean;
}

/** Running ones first, then the queues. */
export function workItemViews(w: World): WorkItemView[] {
  const items: WorkItemView[] = [];
  for (let thread = 0; thread < w.threads; thread++) {
    const vm = w.threadWord(thread, THREAD.WORK_VM) - 1;
    if (vm < 0) continue;
    const root = w.threadWord(thread, THREAD.WORK_SERIAL);
    items.push({
      vm,
      root,
      state: 'running',
      thread,
      flushed: w.threadWord(thread, THREAD.WORK_FLUSH) !== 0,
    });
  }
  for (let vm = 0; vm < w.vms; vm++) {
    for (let p = w.vmWord(vm, VM.WQ_HEAD); p !== 0; p = w.pageWord(p - 1, PAGE.WORK_NEXT)) {
      const root = w.pageWord(p - 1, PAGE.SERIAL);
      items.push({
        vm,
        root,
        state: 'queued',
        thread: null,
        flushed: w.pageWord(p - 1, PAGE.WORK_FLUSH) !== 0,
      });
    }
  }
  return items;
}
