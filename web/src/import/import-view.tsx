// Import: a trace of a real kernel comes in by drop or choice; behind it stands what became of it. The address names the trace
// (?session=) and the protocol whose verdict is looked at.
import './import.css';
import { go } from '../app/router.js';
import { useStatus } from '../app/status.js';
import type { ViewProps } from '../app/view-props.js';
import { useTitle } from '../ui/title.js';
import { TraceReport } from './report.js';
import { TraceList } from './trace-list.js';
import { UploadPane } from './upload-pane.js';

export function ImportView({ query }: ViewProps) {
  const id = query.get('session');
  if (id !== null && /^[1-9]\d{0,15}$/.test(id))
    return (
      <TraceReport
        key={id}
        id={id}
        protocol={query.get('protocol')}
        warnings={query.get('warnings') === 'all'}
      />
    );
  return <Incoming kernel={query.get('kernel') ?? ''} />;
}

function Incoming({ kernel }: { readonly kernel: string }) {
  useTitle('Import');
  useStatus({ facts: [], command: 'import FILE', keys: [['o', 'choose a file']] });
  return (
    <div className="import-view">
      <div className="bar">
        <h1>Import</h1>
        <span className="t3 cut">
          Who drops my roots, and is that normal? A trace of a real kernel, beside the model.
        </span>
      </div>
      <UploadPane kernel={kernel} onImported={({ sessionId }) => go(`/import?session=${sessionId}`)} />
      <TraceList />
    </div>
  );
}
