// The draft with its refcount_set put back to 1, as somebody rebasing it could: the TDP MMU gives away a reference that it
// never took. I1 names the missing one.
/** @type {import('rootline/protocol').ProtocolModule} */
export default (api) =>
  api.extend('seed-draft', {
    title: 'the draft with refcount_set back to 1',
    source: 'mail ZDhO02VeRcOMTQz0@google.com, one line undone',
    steps: {
      kvm_tdp_mmu_get_vcpu_root_hpa: {
        tdp_mmu_alloc_sp: [
          (l) => api.op.alloc_root(l.vm, l.role, 1),
          (l, root) => {
            l.root = root;
            return 'spin_lock';
          },
        ],
      },
    },
  });
