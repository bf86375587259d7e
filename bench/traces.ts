// (g) Traces: a generated tracefs text of 5,000,000 lines, plain, imported by the command line into a fresh data folder in a
// process of its own; and what the probes would have printed of a simulated run of v6.4, checked against all eras. The clock runs
// from the process's start until the session, or the verdict, is there; memory is the most that the process ever had.
import { spawn } from 'node:child_process';
import { closeSync, createWriteStream, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findProtocol } from '../src/core/protocols/registry.js';
import { createManifest } from '../src/core/run/manifest.js';
import { Simulation } from '../src/core/run/simulation.js';
import { findScenario } from '../src/core/scenarios/library.js';
import { probedProtocol } from '../src/core/traces/check/probed.js';
import type { CheckReport } from '../src/core/traces/check/verdict.js';
import type { Figure } from './figures.js';
import { PACKAGE_ROOT } from './package-root.js';

const LINES = 5_000_000;
const LINES_PER_S_TARGET = 300_000;
const CHECKED_SMIS = 40_000;
const CHECKED_PROTOCOL = 'v6.4';
const EVENTS_PER_S_TARGET = 300_000;
const RSS_TARGET_MIB = 512;
/** Faults between two SMIs of a vCPU. */
const FAULTS_PER_SMI = 16;
const POLL_MS = 50;

/** Two vCPUs of a 6.1.192 host that fault and take SMIs, with the probes on. */
export function* traceLines(lines: number): Generator<string> {
  let us = 21_000_000;
  let made = 0;
  let piece = `# tracer: nop\n#\n# entries-in-buffer/entries-written: ${lines}/${lines}   #P:2\n#\n`;
  const kvm = '0xffffc900004f5000';
  const add = (vcpu: number, event: string): void => {
    us += 7;
    const time = `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}`;
    piece += `       CPU ${vcpu}/KVM-${1193 + vcpu}    [00${vcpu}] d..1. ${time.padStart(12)}: ${event}\n`;
    made++;
  };
  const load = (vcpu: number, smm: boolean, birth: boolean): void => {
    const address = `0xffff8880061d${vcpu}c50`;
    const [sp, spt, hpa, role] = smm
      ? ['0xffff888008716da8', '0xffff8880094cd000', '0x94cd000', '0x1003784']
      : ['0xffff888008716730', '0xffff8880094df000', '0x94df000', '0x3784'];
    add(vcpu, `kvm_mmu_load: (kvm_mmu_load+0x0/0x890 [kvm]) vcpu=${address} kvm=${kvm}`);
    const lookup = 'kvm_tdp_mmu_get_vcpu_root_hpa';
    add(vcpu, `${lookup}: (${lookup}+0x0/0x1e0 [kvm]) vcpu=${address} kvm=${kvm} role=${role}`);
    if (birth) {
      add(
        vcpu,
        `tdp_mmu_init_sp: (tdp_mmu_init_sp+0x0/0x90 [kvm]) sp=${sp} sptep=0x0 gfn=0x0 role=${role} spt=${spt}`,
      );
      add(vcpu, 'kvm_mmu_get_page: sp gen 0 gfn 0 l4 8-byte q0 direct wux nxe ad root 0 sync new');
    }
    add(vcpu, `${lookup}_ret: (kvm_mmu_load+0x61e/0x890 [kvm] <- ${lookup}) hpa=${hpa}`);
    add(vcpu, 'kvm_mmu_load_ret: (vcpu_enter_guest+0xcbf/0x1620 [kvm] <- kvm_mmu_load) ret=0');
  };
  const drop = (vcpu: number, smm: boolean): void => {
    const address = `0xffff8880061d${vcpu}c50`;
    const [sp, spt, hpa, role] = smm
      ? ['0xffff888008716da8', '0xffff8880094cd000', '0x94cd000', '0x1003784']
      : ['0xffff888008716730', '0xffff8880094df000', '0x94df000', '0x3784'];
    const way = smm ? 'leaving' : 'entering';
    add(vcpu, `kvm_smm_transition: vcpu ${vcpu}: ${way} SMM, smbase 0x30000`);
    add(vcpu, `kvm_mmu_reset_context: (kvm_mmu_reset_context+0x0/0x70 [kvm]) vcpu=${address} kvm=${kvm}`);
    for (const of of ['0xffffffffffffffff', '0xffffffffffffffff', hpa])
      add(vcpu, `mmu_free_root_page: (mmu_free_root_page+0x0/0xa0 [kvm]) kvm=${kvm} hpa=${of}`);
    const count = smm ? 2 : 3;
    add(
      vcpu,
      `kvm_tdp_mmu_put_root: (kvm_tdp_mmu_put_root+0x0/0x120 [kvm]) kvm=${kvm} root=${sp} shared=0 refcount=${count} role=${role} spt=${spt}`,
    );
  };
  add(0, `kvm_mmu_init_tdp_mmu: (kvm_mmu_init_tdp_mmu+0x0/0x50 [kvm]) kvm=${kvm}`);
  load(0, false, true);
  load(1, false, false);
  let smmBorn = false;
  for (let n = 0; made < lines; n++) {
    const vcpu = n & 1;
    const gfn = (0x600 + ((n * 37) % 0x4000)).toString(16);
    const gpa = `${gfn}000`.padStart(16, '0');
    add(vcpu, `kvm_entry: vcpu ${vcpu}, rip 0x801d`);
    add(
      vcpu,
      `kvm_exit: vcpu ${vcpu} reason npf rip 0x801d info1 0x0000000100000006 info2 0x${gpa} intr_info 0x00000000 error_code 0x00000000`,
    );
    add(vcpu, `kvm_page_fault: vcpu ${vcpu} rip 0x801d address 0x${gpa} error_code 0x100000006`);
    add(vcpu, `kvm_mmu_spte_requested: gfn ${gfn} pfn 7${gfn} level 1`);
    add(vcpu, `kvm_tdp_mmu_spte_changed: as id 0 gfn ${gfn} level 1 old_spte 0 new_spte 7${gfn}e67`);
    add(vcpu, `kvm_mmu_set_spte: gfn ${gfn} spte 7${gfn}e67 (rwxu) level 1 at 76fe040`);
    if (n % FAULTS_PER_SMI === FAULTS_PER_SMI - 1) {
      drop(vcpu, false);
      load(vcpu, true, !smmBorn);
      smmBorn = true;
      add(vcpu, `kvm_entry: vcpu ${vcpu}, rip 0x8000`);
      add(
        vcpu,
        `kvm_exit: vcpu ${vcpu} reason rsm rip 0x8028 info1 0x0000000000000000 info2 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000`,
      );
      drop(vcpu, true);
      load(vcpu, false, false);
    }
    if (piece.length > 1 << 18) {
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

/** What the probes print of a simulated run, as tracefs text. @returns its events */
function writeProbed(file: string, smis: number): number {
  const request = { scenario: 'smi-heavy', protocol: CHECKED_PROTOCOL, parameters: { smis, vcpus: 2 } };
  const manifest = createManifest({ ...request, recording: 'lifecycle', invariants: false });
  const fd = openSync(file, 'w');
  let events = 0;
  let piece = '# tracer: nop\n#\n';
  const protocol = probedProtocol(findProtocol(CHECKED_PROTOCOL), ({ pid, cpu, event, body }) => {
    events++;
    const us = 21_000_000 + events * 7;
    const time = `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}`;
    piece += `       CPU ${cpu}/KVM-${pid}    [00${cpu}] d..1. ${time.padStart(12)}: ${event}: ${body}\n`;
    if (piece.length < 1 << 18) return;
    writeSync(fd, piece);
    piece = '';
  });
  const scenario = findScenario(manifest.scenario).build(manifest.parameters as Record<string, number>);
  const simulation = new Simulation({ manifest, protocol, scenario, snapshots: false });
  while (simulation.outcome === null) simulation.advance(100_000);
  writeSync(fd, piece);
  closeSync(fd);
  return events;
}

interface Run<T> {
  readonly seconds: number;
  readonly peakMiB: number;
  readonly document: T;
}

interface ImportDocument {
  readonly lines: number;
  readonly stored: number;
  readonly warnings: readonly string[];
}

/** One command of the compiled program. */
function runOf<T>(args: readonly string[]): Promise<Run<T>> {
  const cli = join(PACKAGE_ROOT, 'dist/src/cli/main.js');
  const begun = performance.now();
  const child = spawn(process.execPath, [cli, ...args, '--json']);
  let out = '';
  let errors = '';
  let peakKiB = 0;
  const poll = setInterval(() => {
    // The high-water mark of the process's memory.
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peakKiB = Math.max(peakKiB, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  }, POLL_MS);
  child.stdout.on('data', (text: Buffer) => {
    out += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('exit', (code) => {
      clearInterval(poll);
      if (code !== 0) {
        reject(new Error(`${args[0]} ended with ${code}: ${errors}`));
        return;
      }
      const document = JSON.parse(out) as T;
      resolve({ seconds: (performance.now() - begun) / 1_000, peakMiB: peakKiB / 1_024, document });
    });
  });
}

const LINUX = process.platform === 'linux';
const grouped = (n: number): string => n.toLocaleString('en-US');

export async function measureTraces(folder: string, scale: number): Promise<Figure[]> {
  const figure = (
    name: string,
    value: number,
    unit: string,
    target: Figure['target'],
    note: string,
  ): Figure => ({ section: 'traces', name, value, unit, target, aim: null, note });

  const file = join(folder, 'trace.txt');
  await pipeline(Readable.from(traceLines(Math.round(LINES * scale))), createWriteStream(file));
  const imported = await runOf<ImportDocument>(['import', file, '--data', join(folder, 'traces-data')]);
  const { lines, stored, warnings } = imported.document;
  if (warnings.length > 0) throw new Error(warnings.join('; '));

  const events = writeProbed(file, Math.max(1, Math.round(CHECKED_SMIS * scale)));
  const checked = await runOf<CheckReport>(['check', file, '--all']);
  rmSync(file);
  // A protocol that has refused a line looks at no more of them: the one that is measured reads all.
  const verdict = checked.document.verdicts.find(({ protocol }) => protocol === CHECKED_PROTOCOL);
  if (verdict?.verdict !== 'accepted') throw new Error(`the check says ${JSON.stringify(verdict)}`);

  const importNote = `rootline import of ${grouped(lines)} lines, ${grouped(stored)} events stored`;
  const checkNote = `rootline check --all of ${grouped(events)} events`;
  const memory = LINUX ? { atMost: RSS_TARGET_MIB } : null;
  return [
    figure('import', lines / imported.seconds, 'lines/s', { atLeast: LINES_PER_S_TARGET }, importNote),
    figure('import, memory', imported.peakMiB, 'MiB', memory, importNote),
    figure('check', events / checked.seconds, 'events/s', { atLeast: EVENTS_PER_S_TARGET }, checkNote),
    figure('check, memory', checked.peakMiB, 'MiB', memory, checkNote),
  ];
}
