// A litmus of the real machine drawn as text: one column a thread, from GO on, in what it calls; daemons say what they do.
import { IOCTL, IOCTL_NAMES } from '../../events/constants.js';
import { type BuiltLitmus, GO } from '../../scenarios/litmus/litmus.js';
import { LITMUS_OP, litmusScriptLines } from '../../userspace/litmus-script.js';
import { CONTROL, INSTRUCTION_WORDS } from '../../userspace/script.js';
import { THREAD_ENTRY } from '../../userspace/threads.js';

const DAEMONS: ReadonlyMap<number, readonly string[]> = new Map([
  [THREAD_ENTRY.kworker, ['zap work, for ever']],
  [THREAD_ENTRY.rcu, ['grace periods, for ever']],
]);

/** Lines of the drawing. */
export function drawLitmus(litmus: BuiltLitmus): string[] {
  const columns = litmus.threads.map(({ name, entry, script }) => {
    const lines =
      DAEMONS.get(entry) ??
      (entry === THREAD_ENTRY.litmus || entry === THREAD_ENTRY.shadow
        ? litmusScriptLines(behindGo(script))
        : vmmLines(behindGo(script)));
    return [name, ...lines];
  });
  const widths = columns.map((lines) => Math.max(...lines.map((line) => line.length)));
  const height = Math.max(...columns.map((lines) => lines.length));
  return Array.from({ length: height }, (_, row) =>
    columns
      .map((lines, k) => (lines[row] ?? '').padEnd(widths[k]))
      .join('  ')
      .trimEnd(),
  );
}

/** What follows the arrival at GO, or the wait for it. */
function behindGo(script: Int32Array): Int32Array {
  for (let at = 0; at < script.length; at += INSTRUCTION_WORDS) {
    const meets = script[at] === LITMUS_OP.ARRIVE || script[at] === LITMUS_OP.AWAIT;
    if (meets && script[at + 1] === GO) return script.subarray(at + INSTRUCTION_WORDS);
  }
  return script;
}

function vmmLines(script: Int32Array): string[] {
  const out: string[] = [];
  for (let at = 0; at < script.length; at += INSTRUCTION_WORDS) {
    const [op, a, b, c, d, e] = script.subarray(at, at + 6);
    if (op === CONTROL.END) break;
    if (op === CONTROL.ARRIVE) out.push(`arrive ${a}`);
    else if (op === CONTROL.AWAIT) out.push(`await ${a} x${b}`);
    else if (op === CONTROL.JUMP_UNTIL) out.push(`again until ${a} x${b}`);
    else if (op === IOCTL.KVM_SET_USER_MEMORY_REGION)
      out.push(e === 0 ? `delete slot ${c}` : `slot ${c}: gfn ${d}, ${e} pages`);
    else if (op === IOCTL.CLOSE_VCPU || op === IOCTL.KVM_RUN) out.push(`${IOCTL_NAMES[op]} ${a}`);
    else if (op === IOCTL.MADVISE_DONTNEED) out.push(`${IOCTL_NAMES[op]} pages ${a}..${a + b - 1}`);
    else out.push(IOCTL_NAMES[op] ?? `op ${op}`);
  }
  return out;
}
