// The recorded program's own lines (`tracing_mark_write`): memslot updates by their numbers, all else as text.
import type { RecordedEvent } from './recorded-event.js';

const PREFIX = /^kvmscen: (?:vm\d+ )?/;
const SET_REGION =
  /^KVM_SET_USER_MEMORY_REGION as=(\d+) slot=(\d+) flags=(\d+) gpa=(0x[0-9a-f]{1,13}) size=(0x[0-9a-f]{1,13})$/;

type Mark = Extract<RecordedEvent, { readonly type: 'memslotSet' | 'marker' }>;
type At = Pick<Mark, 'lineNumber' | 'timestampNs' | 'pid' | 'thread'>;

export function readMark(text: string, at: At): Mark {
  const step = text.replace(PREFIX, '');
  const region = SET_REGION.exec(step);
  if (region === null) return { ...at, type: 'marker', text: step };
  return {
    ...at,
    type: 'memslotSet',
    addressSpace: Number(region[1]),
    slot: Number(region[2]),
    flags: Number(region[3]),
    gpa: Number(region[4]),
    size: Number(region[5]),
  };
}
