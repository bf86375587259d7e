// Places, times and counts as reports for terminals and mails write them.
import type { Place } from './history.js';

/** `12.345 us`: three digits behind the point, in the unit that keeps the number short. */
export function timeText(ns: number): string {
  if (ns < 1_000) return `${ns} ns`;
  if (ns < 1_000_000) return `${(ns / 1_000).toFixed(3)} us`;
  if (ns < 1_000_000_000) return `${(ns / 1_000_000).toFixed(3)} ms`;
  return `${(ns / 1_000_000_000).toFixed(6)} s`;
}

/** `kvm_tdp_mmu_put_root @ refcount_dec_and_test`. */
export function siteText(place: Place): string {
  return place.function === null ? '(thread ended)' : `${place.function} @ ${place.label}`;
}

/** `948 12.345 us vmm1 function @ label`, in columns of fixed width. */
export function placeText(place: Place): string {
  const { position, timeNs, thread } = place;
  return `${String(position).padStart(8)} ${timeText(timeNs).padStart(12)}  ${thread.padEnd(9)} ${siteText(place)}`;
}

/** The callers, innermost first, as many as fit: `<- kvm_mmu_free_roots <- kvm_mmu_unload`. */
export function callersText(place: Place, width: number): string {
  let text = '';
  for (const [k, { function: name }] of place.callers.entries()) {
    const next = `${k === 0 ? '' : ' '}<- ${name}`;
    if (text.length + next.length + (k + 1 < place.callers.length ? 4 : 0) > width)
      return `${text} ...`.trimStart();
    text += next;
  }
  return text;
}

export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 3)}...`;
}
