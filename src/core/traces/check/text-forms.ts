// Texts of tracepoints as the recorded kernels print them, from the first character to the last: a line that others of its name
// look like and that has an end of its own was put together of two.

const W = '[0-9a-f]{1,16}';
const PAGE = String.raw`sp gen ${W} gfn ${W} l\d \d-byte q\d(?: [!a-z-]+){2,6} root -?\d+ (?:un)?sync`;

const FORMS: Readonly<Record<string, string>> = {
  kvm_entry: String.raw`vcpu \d+, rip 0x${W}(?: intr_info 0x[0-9a-f]{8} error_code 0x[0-9a-f]{8})?(?: ?\[immediate exit\])?`,
  kvm_exit: String.raw`vcpu \d+ reason \S+(?: \S+){0,2} rip 0x${W} info1 0x[0-9a-f]{16} info2 0x[0-9a-f]{16} intr_info 0x[0-9a-f]{8} error_code 0x[0-9a-f]{8}(?: requests 0x[0-9a-f]{16})?`,
  kvm_page_fault: String.raw`vcpu \d+ rip 0x${W} address 0x[0-9a-f]{16} error_code 0x${W}|address ${W} error_code ${W}`,
  kvm_userspace_exit: String.raw`reason \S+(?: \S+)? \(-?\d+\)`,
  kvm_tdp_mmu_spte_changed: String.raw`as id \d+ gfn ${W} level \d old_spte ${W} new_spte ${W}`,
  kvm_mmu_set_spte: String.raw`gfn ${W} spte ${W} \([rwxu-]{3,4}\) level \d at ${W}`,
  kvm_mmu_spte_requested: String.raw`gfn ${W} pfn ${W} level \d(?: access ${W})?`,
  kvm_mmu_get_page: `${PAGE} (?:new|existing)`,
  kvm_mmu_prepare_zap_page: PAGE,
  kvm_smm_transition: String.raw`vcpu \d+: (?:entering|leaving) SMM, smbase 0x${W}`,
  kvm_enter_smm: String.raw`vcpu \d+: (?:entering|leaving) SMM, smbase 0x${W}`,
  kvm_mmu_zap_all_fast: String.raw`kvm-mmu-valid-gen \d+ used_pages \d+`,
  kvm_unmap_hva_range: `mmu notifier unmap range: 0x${W} -- 0x${W}`,
  kvm_set_spte_hva: `mmu notifier set pte hva: 0x${W}`,
  kvm_mmio: String.raw`mmio (?:unsatisfied-read|read|write) len \d+ gpa 0x${W} val 0x${W}`,
  workqueue_queue_work: String.raw`work struct=${W} function=\S+(?: \[\w+\])? workqueue=\S+ req_cpu=\d+ cpu=-?\d+`,
  workqueue_execute_start: String.raw`work struct ${W}: function \S+(?: \[\w+\])?`,
  workqueue_execute_end: String.raw`work struct ${W}: function \S+(?: \[\w+\])?`,
};

const FORM_OF = new Map(Object.entries(FORMS).map(([name, form]) => [name, new RegExp(`^(?:${form})$`)]));

/** The whole text of a tracepoint; null: nobody has written it down. */
export const formOfText = (name: string): RegExp | null => FORM_OF.get(name) ?? null;
