// Long work of the server: how much of how much.
import { count } from './format.js';

export function WorkProgress({
  title,
  rows,
  of,
  what,
}: {
  readonly title: string;
  readonly rows: number;
  readonly of: number;
  readonly what: string;
}) {
  return (
    <div className="state" role="status">
      <h2>{title}</h2>
      <progress max={Math.max(1, of)} value={rows} aria-label={title} />
      <p className="t2">
        {count(rows)} of {count(of)} {what}
      </p>
    </div>
  );
}
