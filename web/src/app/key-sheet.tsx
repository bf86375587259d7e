// The sheet of keys (?): what this view can do without a mouse.
import { useEffect, useRef } from 'react';
import { type KeyBinding, useBindings } from './keys.js';

const SHOWN: { readonly [key: string]: string } = {
  ' ': 'Space',
  Enter: '↵',
  Escape: 'Esc',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
};

export function keyText(key: string): string {
  return key
    .split('+')
    .map((part) => SHOWN[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join(' ');
}

export function KeySheet({ onClose, onTour }: { readonly onClose: () => void; readonly onTour: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const bindings = useBindings();
  const groups = new Map<string, KeyBinding[]>();
  for (const binding of bindings) {
    const list = groups.get(binding.group) ?? [];
    list.push(binding);
    groups.set(binding.group, list);
  }
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="keys-title">
      <div className="bar">
        <h1 id="keys-title">Keys</h1>
        <span className="sp" />
        <button type="button" className="btn" onClick={onTour}>
          The tour <kbd>Shift H</kbd>
        </button>
        <button type="button" className="btn" onClick={() => dialog.current?.close()}>
          Close <kbd>Esc</kbd>
        </button>
      </div>
      <div className="sheet">
        {[...groups].map(([group, list]) => (
          <section key={group}>
            <h3>{group}</h3>
            <ul>
              {list.map(({ key, label }) => (
                <li key={key}>
                  <span>
                    <kbd>{keyText(key)}</kbd>
                  </span>
                  <span>{label}</span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </dialog>
  );
}
