// Keys: each view says which it has while it is shown; the sheet (?) lists exactly those. A key typed into a field is the
// field's. Of two bindings of one key the later mounted one has it.
import { useEffect, useRef, useSyncExternalStore } from 'react';

export interface KeyBinding {
  /** As KeyboardEvent.key; `Shift+.` with Shift where that does not change the key. */
  readonly key: string;
  readonly label: string;
  readonly group: string;
  readonly run: (event: KeyboardEvent) => void;
}

let bindings: readonly (readonly KeyBinding[])[] = [];
const listeners = new Set<() => void>();

function change(next: readonly (readonly KeyBinding[])[]): void {
  bindings = next;
  for (const listener of listeners) listener();
}

const FIELDS = new Set(['INPUT', 'TEXTAREA', 'SELECT']);

/** A box to tick takes the space bar only. */
function isTick(target: HTMLElement): boolean {
  return target instanceof HTMLInputElement && target.type === 'checkbox';
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const { target } = event;
  if (target instanceof HTMLElement && FIELDS.has(target.tagName) && !isTick(target)) {
    if (event.key === 'Escape') target.blur();
    return;
  }
  // A button, link or box keeps the keys that press it.
  const pressed = event.key === 'Enter' || event.key === ' ';
  if (pressed && target instanceof HTMLElement && /^(BUTTON|A|SUMMARY|INPUT)$/.test(target.tagName)) return;
  // What is open on top has the keys, Escape as well: the browser closes it.
  if (document.querySelector('dialog[open]') !== null) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const shifted = event.shiftKey ? `Shift+${name}` : name;
  for (const wanted of [shifted, name]) {
    for (const list of bindings.toReversed()) {
      const found = list.find(({ key }) => key === wanted);
      if (found === undefined) continue;
      event.preventDefault();
      found.run(event);
      return;
    }
  }
}

export function startKeys(): void {
  window.addEventListener('keydown', onKey);
}

/** Keys of the component while it is mounted; the functions may change with every render. */
export function useKeys(list: readonly KeyBinding[]): void {
  const latest = useRef(list);
  useEffect(() => {
    latest.current = list;
  });
  const names = list.map(({ key }) => key).join(' ');
  // The functions are read through `latest`: only other keys are another registration.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    const mine = latest.current.map((binding) => ({
      ...binding,
      run: (event: KeyboardEvent) =>
        latest.current.find(({ key }) => key === binding.key)?.run(event) ?? undefined,
    }));
    change([...bindings, mine]);
    return () => change(bindings.filter((other) => other !== mine));
  }, [names]);
}

export function useBindings(): readonly KeyBinding[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => bindings,
  ).flat();
}
