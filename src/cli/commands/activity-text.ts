// What the vCPUs of a trace were doing, in some lines: for `check` and `import` alike.
import type { ActivityReport } from '../../core/traces/activity/report.js';
import type { Terminal } from '../terminal.js';

const grouped = (n: number): string => n.toLocaleString('en-US');
const NS_PER_US = 1_000;

export function showActivity({ churn, diagnosis, progress }: ActivityReport, terminal: Terminal): void {
  terminal.line(`diagnosis: ${diagnosis}`);
  terminal.line(`progress:  ${progress.verdict}, lines ${progress.from} to ${progress.to}: ${progress.why}`);
  if (churn.allocations === null || churn.allocations === 0) return;
  const rate = churn.perSecond === null ? '' : `, ${churn.perSecond} a second`;
  const causes = churn.causes
    .filter(({ allocations }) => allocations > 0)
    .map(({ allocations, text }) => `${grouped(allocations)} ${text}`);
  terminal.line(`churn:     ${grouped(churn.allocations)} roots${rate}: ${causes.join(', ')}`);
  const { faults, perAllocation, ns } = churn.refault;
  if (faults === 0) return;
  const each = perAllocation === null ? '' : `, ${perAllocation} for each root given again`;
  const time = ns === null ? '' : `, ${grouped(Math.round(ns / NS_PER_US))} us`;
  terminal.line(
    `           ${grouped(faults)} of ${grouped(churn.faults)} page faults map again what was mapped${each}${time}`,
  );
  if (perAllocation === null) return;
  const vcpus = churn.vcpus
    .filter(({ allocations }) => allocations > 0)
    .map(({ vm, vcpu, allocations }) => `vCPU ${vcpu} of VM ${vm} (${grouped(allocations)})`);
  const exits = churn.exitReasons.map(({ reason, allocations }) => `${reason} (${grouped(allocations)})`);
  terminal.line(
    `           behind them: ${vcpus.slice(0, SHOWN).join(', ')}; exits ${exits.slice(0, SHOWN).join(', ')}`,
  );
}
const SHOWN = 4;
