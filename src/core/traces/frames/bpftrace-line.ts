// Lines that a bpftrace script prints for a function or tracepoint that it names, in the forms that maintainers send around:
// `00:30:31:347560 tid[553909] pid[553848] kvm_mmu_load: vcpu=0x... kvm=0x...` and `[1704971602.347560] kvm_mmu_load (tid=52035) ...`.
// What else a script prints is free text: its first word is an event that nobody knows, and is counted as that.
import { type Frame, NS_PER_SECOND } from './frame.js';

const CLOCK =
  /^\s*(\d{1,2}):(\d{2}):(\d{2})[:.](\d{1,9})\s+tid\[(\d{1,10})\]\s+pid\[(\d{1,10})\]\s+(?:cpu\[(\d{1,5})\]\s+)?([A-Za-z_]\w*)(?::\s*|\s+|$)(.*)$/;
const STAMP =
  /^\s*\[(\d{1,10})(?:\.(\d{1,9}))?\]\s+([A-Za-z_]\w*)(?::\s*|\s+)\(?tid=(\d{1,10})\)?\s*:?\s*(.*)$/;
const FRACTION_DIGITS = 9;
const MINUTE = 60;
/** A wall clock in nanoseconds leaves the safe integers: times count from the last multiple of a hundred days. */
const WINDOW_SECONDS = 100 * 24 * 60 * 60;

const fractionNs = (digits: string): number => Number(digits) * 10 ** (FRACTION_DIGITS - digits.length);

export function parseBpftraceLine(text: string, lineNumber: number): Frame {
  const clock = CLOCK.exec(text);
  if (clock !== null) {
    const [, hours, minutes, seconds, fraction, tid, pid, cpu, event, body] = clock;
    const whole = (Number(hours) * MINUTE + Number(minutes)) * MINUTE + Number(seconds);
    return {
      kind: 'event',
      lineNumber,
      task: '',
      pid: Number(tid),
      tgid: Number(pid),
      cpu: cpu === undefined ? -1 : Number(cpu),
      clock: 'ns',
      time: whole * NS_PER_SECOND + fractionNs(fraction ?? '0'),
      event: event ?? '',
      body: (body ?? '').trimEnd(),
    };
  }
  const stamp = STAMP.exec(text);
  if (stamp === null) return { kind: 'malformed', lineNumber, reason: 'noTaskOrCpu', text };
  const [, seconds, fraction, event, tid, body] = stamp;
  const time = (Number(seconds) % WINDOW_SECONDS) * NS_PER_SECOND + fractionNs(fraction ?? '0');
  return {
    kind: 'event',
    lineNumber,
    task: '',
    pid: Number(tid),
    tgid: null,
    cpu: -1,
    clock: 'ns',
    time,
    event: event ?? '',
    body: (body ?? '').trimEnd(),
  };
}
