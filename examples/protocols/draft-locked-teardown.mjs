// Another cure for the draft's unlocked walk at destruction: take mmu_lock for write around it. The zap worker puts under
// mmu_lock for read, so that no root is unlinked while the walk stands on it; nothing needs RCU. What it costs: the walk marks
// each root and queues it, it does not zap; see README for the milliseconds.
/** @type {import('rootline/protocol').ProtocolModule} */
export default (api) => {
  const { op, call, fn, procedure } = api;
  const { LOCK_KIND } = api.constants;
  const uninit = api.shipped('v5.18', 'kvm_mmu_uninit_tdp_mmu').steps;
  const kvm_mmu_uninit_tdp_mmu = procedure(
    'kvm_mmu_uninit_tdp_mmu',
    {
      file: 'arch/x86/kvm/mmu/tdp_mmu.c',
      since: 'teardown under mmu_lock',
      leftOut: 'the tdp_mmu_enabled test',
      params: ['vm'],
    },
    {
      write_lock: [
        (l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
        (l) => call(fn.kvm_tdp_mmu_invalidate_all_roots, 'write_unlock', l.vm),
      ],
      write_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'destroy_workqueue'],
      // Not under the lock: the work items that it waits for take it.
      destroy_workqueue: uninit.destroy_workqueue,
      ...uninit,
    },
  );
  return api.extend('seed-draft', {
    title: 'the draft, its walk at destruction under mmu_lock',
    source: 'seed-draft and one lock',
    replace: [kvm_mmu_uninit_tdp_mmu],
    rules: { words: { destruction: 'invalidates all roots under mmu_lock, then destroys the work queue' } },
  });
};
