// What somebody looks for, as typed: event types, a thread, a subject, a function, a finding, a changed path, a predicate.
//   RootPut   RootPut,RootFreed   root:2   thread:vcpu0   fn:kvm_tdp_mmu_put_root   finding:any   change:tdp-mmus.0.roots.1
import type { Operations } from '../../api/schema.js';

export type SeekQuery = { [N in Operations['Travel_seek']['query']]?: string | number };

const SUBJECTS = /^(machine|vm|vcpu|root|table|lock|slot|page):\d+$/;

/** null: nothing was typed. */
export function breakpointOf(text: string): SeekQuery | null {
  const query: SeekQuery = {};
  for (const word of text.trim().split(/\s+/).filter(Boolean)) {
    const [, name, value] = /^(thread|fn|function|label|finding|change|type|when):(.+)$/.exec(word) ?? [];
    if (name !== undefined) query[name === 'fn' ? 'function' : (name as keyof SeekQuery)] = value;
    else if (SUBJECTS.test(word)) query.subject = word;
    else if (/^I\d+$/.test(word)) query.finding = word;
    else if (/^[A-Z]/.test(word)) query.type = word;
    else query.function = word;
  }
  return Object.keys(query).length === 0 ? null : query;
}
