// The tour of a first visit: four steps on the experiment. It goes to the places and points at things; nothing waits for it, and
// it is over for good when it was ended once.
import './tour.css';
import { useCallback, useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { useKeys } from '../app/keys.js';
import { go } from '../app/router.js';
import { TOUR } from './steps.js';

const LOOK_MS = 200;
const MARGIN_PX = 3;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function Tour({ onEnd }: { readonly onEnd: () => void }) {
  const [at, setAt] = useState(0);
  const [missing, setMissing] = useState<string | null>(null);
  const step = TOUR[at];
  const box = useBox(step.about);
  const move = useCallback(
    (next: number) => {
      if (next >= TOUR.length) {
        onEnd();
        return;
      }
      const to = Math.max(0, next);
      setAt(to);
      setMissing(null);
      TOUR[to].place().then(
        (place) => {
          setMissing(place.missing);
          go(place.to);
        },
        (error: Error) => setMissing(error.message),
      );
    },
    [onEnd],
  );
  useKeys([
    { key: 'Shift+ArrowRight', label: 'next step of the tour', group: 'Tour', run: () => move(at + 1) },
    { key: 'Shift+ArrowLeft', label: 'step before', group: 'Tour', run: () => move(at - 1) },
  ]);
  const last = at === TOUR.length - 1;
  return createPortal(
    <>
      {box !== null && <div className="tour-ring" style={box} />}
      <section className="tour-card" role="dialog" aria-label={`Tour, step ${at + 1} of ${TOUR.length}`}>
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
              No tour
            </button>
          )}
          {at > 0 && (
            <button type="button" className="btn s" onClick={() => move(at - 1)}>
              Back
            </button>
          )}
          <button type="button" className="btn p s" onClick={() => move(at + 1)}>
            {last ? 'Done' : 'Next'}
          </button>
        </div>
      </section>
    </>,
    document.body,
  );
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
