// The latency format of tracefs (options/latency-format): ` kvmscen-1093      0..... 63581us+: kvm_mmu_load: (...)`. Times
// are microseconds since the first event; the mark behind them (+ ! # * @ $) only says how long the gap was.
// Left out: the verbose form (options/verbose).
import { type Frame, NS_PER_US } from './frame.js';
import { restOfLine } from './task-line.js';

const LINE = /^\s*(\S.{0,15}?)-(\d{1,10})\s+(\d{1,5})([^\s\d]\S{3,6})\s+(\d{1,15})us[ +!#*@$]?:\s*/;

export function parseLatencyLine(text: string, lineNumber: number): Frame {
  const found = LINE.exec(text);
  if (found === null) return { kind: 'malformed', lineNumber, reason: 'noTaskOrCpu', text };
  const [all, task, pid, cpu, , us] = found;
  const time = Number(us) * NS_PER_US;
  if (!Number.isSafeInteger(time))
    return { kind: 'malformed', lineNumber, reason: 'timestampTooLarge', text };
  return restOfLine(text, all.length, {
    lineNumber,
    task: task ?? '',
    pid: Number(pid),
    tgid: null,
    cpu: Number(cpu),
    clock: 'relative',
    time,
  });
}
