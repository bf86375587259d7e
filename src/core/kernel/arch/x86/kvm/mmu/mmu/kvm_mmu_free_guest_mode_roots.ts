// kvm_mmu_free_guest_mode_roots(), mmu_free_root_page() of a shadow root -- arch/x86/kvm/mmu/mmu.c, v5.10
// The vCPU gives its shadow root back. One that was zapped meanwhile goes at once: whoever zapped it has emptied it.
// Context: the vCPU's own thread; takes mmu_lock. Returns nothing.
// Left out: prev_roots, the remote flush before the page is freed, roots that stay cached (nobody looks for one again here).
import { LOCK_KIND, PAGE, VCPU } from '../../../../../../aggregates/layout.js';
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const kvm_mmu_free_guest_mode_roots = procedure(
  'kvm_mmu_free_guest_mode_roots',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vcpu'],
    locals: ['vm', 'root', 'last'],
    leftOut: 'prev_roots, the remote flush before the page is freed, roots that stay cached',
  },
  {
    root_hpa: [
      null,
      (l) => {
        l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        l.root = l.w.vcpuWord(l.vcpu, VCPU.ROOT) - 1;
        return l.root < 0 ? ret() : 'write_lock';
      },
    ],
    write_lock: [(l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'root_count'],
    root_count: [
      (l) => op.refcount_dec_and_test(l.root, HOLDER.vcpu),
      (l, last) => {
        l.last = last;
        return 'clear';
      },
    ],
    clear: [
      (l) => op.drop_root(l.vcpu, 0, l.w.pageWord(l.root, PAGE.ROLE), l.root),
      (l) => (l.last === 1 && role_is_invalid(l.w.pageWord(l.root, PAGE.ROLE)) ? 'free' : 'write_unlock'),
    ],
    free: [(l) => op.free_root(l.root), () => 'write_unlock'],
    write_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
