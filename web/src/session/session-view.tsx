// One session: what it is, and how to step through it from a terminal.
import { useStatus } from '../app/status.js';
import type { ViewProps } from '../app/view-props.js';
import { EmptyState } from '../ui/states.js';
import { useTitle } from '../ui/title.js';

export function SessionView({ rest }: ViewProps) {
  useTitle(`Session ${rest}`);
  useStatus({ facts: [], command: `state ${rest}`, keys: [] });
  return (
    <EmptyState title={`Session ${rest}`}>
      <p className="m">npx rootline state {rest}</p>
    </EmptyState>
  );
}
