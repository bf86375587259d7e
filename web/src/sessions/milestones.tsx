// How far the guest has come, as a line with its milestones: ● a phase, ○ PID 1, ◆ the console. In proportion to the session's
// own virtual time.
import { seconds } from '../ui/format.js';

const WIDTH = 108;
const NAMES: readonly (readonly [key: string, name: string])[] = [
  ['kernel', 'kernel'],
  ['pid1', 'PID 1'],
  ['console', 'console'],
];

export function milestoneText(milestones: { readonly [name: string]: number }): string {
  const reached = NAMES.filter(([key]) => milestones[key] !== undefined);
  return reached.map(([key, name]) => `${name} ${seconds(milestones[key])}`).join(' · ');
}

export function Milestones({
  milestones,
  timeNs,
  stuck,
}: {
  readonly milestones: { readonly [name: string]: number };
  readonly timeNs: number;
  readonly stuck: boolean;
}) {
  if (Object.keys(milestones).length === 0 && !stuck) return <span className="t3">—</span>;
  const at = (ns: number): number => 6 + (timeNs > 0 ? ns / timeNs : 0) * (WIDTH - 12);
  const text = milestoneText(milestones);
  return (
    <svg
      width={WIDTH}
      height={20}
      role="img"
      aria-label={text === '' ? 'no milestone reached' : text}
      className="churn"
    >
      <title>{text === '' ? 'no milestone reached' : text}</title>
      <path
        d={`M2 10H${stuck ? 8 : WIDTH - 4}`}
        stroke={stuck ? 'var(--bad)' : 'var(--t2)'}
        strokeWidth="2"
        strokeLinecap="round"
      />
      {NAMES.map(([key]) => {
        const ns = milestones[key];
        if (ns === undefined) return null;
        const x = at(ns);
        if (key === 'console') return <path key={key} d={`M${x} 5l5 5l-5 5l-5-5z`} fill="var(--t1)" />;
        const open = key === 'pid1';
        return (
          <circle
            key={key}
            cx={x}
            cy={10}
            r={4}
            fill={open ? 'var(--bg1)' : 'var(--t1)'}
            stroke="var(--t1)"
            strokeWidth={open ? 2 : 0}
          />
        );
      })}
    </svg>
  );
}
