// The figures of a search: while it runs they move, with its rate over time and how far it will go; afterwards what it rests on.
import { useEffect, useRef, useState } from 'react';
import type { Exploration } from '../api/schema.js';
import { bytes, count } from '../ui/format.js';
import { aheadText, durationText, estimateText, type Progress } from './model/estimate.js';

const MAX_SAMPLES = 120;
const [WIDTH, HEIGHT] = [150, 26];

export function Counters({
  read,
  progress,
  moving,
}: {
  readonly read: Exploration;
  /** Null: it has ended. */
  readonly progress: Progress | null;
  readonly moving: boolean;
}) {
  const { result, asked } = read;
  const figures = result ?? progress;
  const rate = progress?.statesPerSecond ?? numberOf(result?.['statesPerSecond']);
  const samples = useSamples(moving ? progress : null);
  const estimate = progress?.estimate ?? null;
  const ahead = progress === null ? null : aheadText(progress, asked);
  return (
    <div className="counters" role="group" aria-label="Figures">
      <Figure label="distinct states" value={figures === null ? null : count(figures.states)} />
      <Figure label="transitions" value={figures === null ? null : count(figures.transitions)} />
      <Figure label="longest schedule" value={figures === null ? null : `${count(figures.depth)} steps`} />
      {progress !== null && <Figure label="states that wait" value={count(progress.waiting)} />}
      <Figure
        label={figures === null ? 'states a second' : `states a second, ${durationText(figures.seconds)}`}
        value={rate === null ? null : count(rate)}
      />
      {result !== null && <Figure label="of states" value={bytesOf(result['bytes'])} />}
      {result?.coverage != null && (
        <Figure
          label="conflicts in both orders"
          value={`${count(result.coverage.bothOrders)} / ${count(result.coverage.pairs.length)}`}
        />
      )}
      {result?.locks != null && (
        <Figure
          label="locks not as declared"
          value={count(result.locks.differing)}
          tone={result.locks.differing > 0 ? 'warn' : 'good'}
        />
      )}
      {moving && <Rate samples={samples} />}
      <div className="rests" role={moving ? 'status' : undefined}>
        {estimate !== null && (
          <>
            {estimate.done !== null && (
              <progress value={estimate.done} max={1} aria-label="share of the estimate" />
            )}
            <b>Estimate: {estimateText(estimate)}</b>
            {ahead !== null && <span>{ahead}</span>}
          </>
        )}
        {moving && estimate === null && (
          <span>an estimate comes first, where the search takes longer than that</span>
        )}
        {read.words?.slice(1).map((line) => (
          <span key={line} className="cut" title={line}>
            {line}
          </span>
        ))}
      </div>
    </div>
  );
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function bytesOf(value: unknown): string | null {
  return typeof value === 'number' ? bytes(value) : null;
}

function Figure({
  label,
  value,
  tone = '',
}: {
  readonly label: string;
  readonly value: string | null;
  readonly tone?: string;
}) {
  return (
    <div>
      <b className={tone}>{value ?? '—'}</b>
      <small>{label}</small>
    </div>
  );
}

/** States by time, as the feed tells of them. */
function useSamples(progress: Progress | null): readonly Progress[] {
  const kept = useRef<readonly Progress[]>([]);
  const [samples, setSamples] = useState<readonly Progress[]>([]);
  useEffect(() => {
    if (progress === null || kept.current.at(-1)?.seconds === progress.seconds) return;
    kept.current = [...kept.current, progress].slice(-MAX_SAMPLES);
    setSamples(kept.current);
  }, [progress]);
  return samples;
}

function Rate({ samples }: { readonly samples: readonly Progress[] }) {
  const most = Math.max(1, ...samples.map(({ statesPerSecond }) => statesPerSecond));
  const points = samples.map(({ statesPerSecond }, k) => {
    const x = (k / Math.max(1, samples.length - 1)) * WIDTH;
    return `${x.toFixed(1)},${(HEIGHT - (statesPerSecond / most) * (HEIGHT - 2)).toFixed(1)}`;
  });
  return (
    <svg
      className="rate"
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={`rate, at most ${count(most)} a second`}
    >
      <polyline points={points.join(' ')} />
    </svg>
  );
}
