// Where the lifecycle reader puts what it found: the stream, the comparisons of printed with counted numbers, the gaps.

import type { FrameEvent } from './frames/frame.js';
import type { KvmEvent } from './kvm-events.js';
import type { LifecycleRules } from './lifecycle-rules.js';
import type { Disagreement, ExitKind, Gap, RecordedEvent, ThreadRole } from './recorded-event.js';
import { isInvalidRole, type LedgerRoot } from './root-ledger.js';

export type At = Pick<RecordedEvent, 'lineNumber' | 'timestampNs' | 'pid' | 'thread'>;

export class LifecycleOutput {
  readonly events: RecordedEvent[] = [];
  readonly disagreements: Disagreement[] = [];
  readonly gaps: Gap[] = [];
  readonly unknownEvents = new Map<string, number>();

  constructor(readonly rules: LifecycleRules) {}

  push(event: RecordedEvent): void {
    this.events.push(event);
  }

  gap(where: Pick<FrameEvent, 'lineNumber'>, kind: Gap['kind'], detail: string): void {
    this.gaps.push({ lineNumber: where.lineNumber, kind, detail });
  }

  unknown(name: string): void {
    this.unknownEvents.set(name, (this.unknownEvents.get(name) ?? 0) + 1);
  }

  /** Holds what a probe read from memory against the ledger. */
  compare(
    line: FrameEvent,
    root: LedgerRoot,
    printed: { readonly refcount: number; readonly role: number },
  ): void {
    this.#compareOne(line, root, 'refcount', root.count, printed.refcount);
    this.#compareOne(
      line,
      root,
      'invalid',
      root.valid ? 0 : 1,
      isInvalidRole(printed.role, this.rules) ? 1 : 0,
    );
  }

  #compareOne(
    line: FrameEvent,
    root: LedgerRoot,
    what: Disagreement['what'],
    counted: number,
    printed: number,
  ): void {
    if (counted === printed) return;
    const { lineNumber, event } = line;
    this.disagreements.push({ lineNumber, root: root.ordinal, event, what, counted, printed });
  }
}

export function whereOf(line: FrameEvent, thread: ThreadRole): At {
  return { lineNumber: line.lineNumber, timestampNs: line.time, pid: line.pid, thread };
}

export function exitOf(event: Extract<KvmEvent, { readonly type: 'exit' }>, at: At): RecordedEvent {
  return { ...at, type: 'exit', vcpu: event.vcpu, kind: exitKind(event.reason), reason: event.reason };
}

function exitKind(reason: string): ExitKind {
  switch (reason) {
    case 'npf':
    case 'io':
    case 'rsm':
    case 'interrupt':
      return reason;
    default:
      return 'other';
  }
}

const PRESENT_FAULT = 0x1;
const WRITE_FAULT = 0x2;
const FETCH_FAULT = 0x10;

export function faultOf(event: Extract<KvmEvent, { readonly type: 'pageFault' }>, at: At): RecordedEvent {
  const { vcpu, gpa, errorCode } = event;
  const access = hasBit(errorCode, FETCH_FAULT) ? 'fetch' : hasBit(errorCode, WRITE_FAULT) ? 'write' : 'read';
  return { ...at, type: 'guestFault', vcpu, gpa, access, present: hasBit(errorCode, PRESENT_FAULT) };
}

/** Error codes are wider than 32 bits, where `&` would cut them. */
function hasBit(word: number, bit: number): boolean {
  return Math.floor(word / bit) % 2 === 1;
}
