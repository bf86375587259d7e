// The tour of a first visit: four steps on the experiment. It goes to the places and points at things; nothing waits for it, and
// it is over for good when it was ended once.
import './tour.css';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useKeys } from '../app/keys.js';
import { go } from '../app/router.js';
import { type Box, CORNERS, type Corner, freeCorner } from './model/corner.js';
import { TOUR } from './steps.js';

const LOOK_MS = 200;
const MARGIN_PX = 3;

export function Tour({ onEnd }: { readonly onEnd: () => void }) {
  const [at, setAt] = useState(0);
  const [missing, setMissing] = useState<string | null>(null);
  const step = TOUR[at];
  const box = useBox(step.about);
  const move = useCallback(
    (to: number) => {
      if (to >= TOUR.length) {
        onEnd();
        return;
      }
      const step = Math.max(0, to);
      setAt(step);
      setMissing(null);
      TOUR[step].place().then(
        (place) => {
          setMissing(place.missing);
          go(place.to);
        },
        (error: Error) => setMissing(error.message),
      );
    },
    [onEnd],
  );
  const card = useRef<HTMLElement>(null);
  const next = useRef<HTMLButtonElement>(null);
  const corner = useCorner(card, box);
  // The keyboard goes along from step to step; what the page does with keys it goes on doing.
  // biome-ignore lint/correctness/useExhaustiveDependencies: with every step
  useEffect(() => next.current?.focus({ focusVisible: false } as FocusOptions), [at]);
  // Before the view below, which has Escape for itself; but what is open on top, and fields, come first.
  useEffect(() => {
    const ends = (event: KeyboardEvent) => {
      const { target } = event;
      if (event.key !== 'Escape' || document.querySelector('dialog[open]') !== null) return;
      if (target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
      event.preventDefault();
      onEnd();
    };
    window.addEventListener('keydown', ends, { capture: true });
    return () => window.removeEventListener('keydown', ends, { capture: true });
  }, [onEnd]);
  useKeys([
    { key: 'Escape', label: 'end the tour', group: 'Tour', run: onEnd },
    { key: 'Shift+ArrowRight', label: 'next step of the tour', group: 'Tour', run: () => move(at + 1) },
    { key: 'Shift+ArrowLeft', label: 'step before', group: 'Tour', run: () => move(at - 1) },
  ]);
  const last = at === TOUR.length - 1;
  return createPortal(
    <>
      {box !== null && <div className="tour-ring" style={box} />}
      <section
        ref={card}
        className={`tour-card ${corner}`}
        role="dialog"
        aria-label={`Tour, step ${at + 1} of ${TOUR.length}`}
      >
        <h2>{step.title}</h2>
        <p className="t2">{step.text}</p>
        {missing !== null && (
          <p className="warn" role="status">
            ▲ {missing}
          </p>
        )}
        <div className="buttons">
          <span className="dots" aria-hidden="true">
            {TOUR.map((_, i) => (i <= at ? '●' : '○')).join('')}
          </span>
          <span className="sp" />
          {!last && (
            <button type="button" className="btn g s" onClick={onEnd}>
              No tour <kbd>Esc</kbd>
            </button>
          )}
          {at > 0 && (
            <button type="button" className="btn s" onClick={() => move(at - 1)}>
              Back
            </button>
          )}
          <button ref={next} type="button" className="btn p s" onClick={() => move(at + 1)}>
            {last ? 'Done' : 'Next'}
          </button>
        </div>
      </section>
    </>,
    document.body,
  );
}

/** The corner in which the card hides least of what it tells about. */
function useCorner(card: RefObject<HTMLElement | null>, about: Box | null): Corner {
  const [corner, setCorner] = useState<Corner>(CORNERS[0]);
  useLayoutEffect(() => {
    if (card.current === null || about === null) return;
    const { width, height } = card.current.getBoundingClientRect();
    setCorner(freeCorner({ width, height }, { width: innerWidth, height: innerHeight }, about));
  }, [card, about]);
  return corner;
}

/** Where on the screen the thing is now; null while it is not there. */
function useBox(selector: string): Box | null {
  const [box, setBox] = useState<Box | null>(null);
  useEffect(() => {
    const look = () => {
      const rect = document.querySelector(selector)?.getBoundingClientRect();
      setBox((before) => {
        if (rect === undefined) return null;
        const next = {
          left: Math.round(rect.left) + MARGIN_PX,
          top: Math.round(rect.top) + MARGIN_PX,
          width: Math.round(rect.width) - 2 * MARGIN_PX,
          height: Math.round(rect.height) - 2 * MARGIN_PX,
        };
        const same =
          before !== null && Object.entries(next).every(([name, px]) => before[name as keyof Box] === px);
        return same ? before : next;
      });
    };
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [selector]);
  return box;
}
