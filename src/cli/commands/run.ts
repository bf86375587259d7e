// `run`: one session from its request to its end.

import { readSetting } from '../../config/read-settings.js';
import { BadInput } from '../../core/base/errors.js';
import { INVARIANTS } from '../../core/invariants/catalogue.js';
import { resolveCosts } from '../../core/machine/costs.js';
import { hasProtocol } from '../../core/protocols/registry.js';
import type { InvariantVerdict, Manifest } from '../../core/run/contract.js';
import { createManifest, ENGINE_VERSION, RUN_LIMITS, type RunRequest } from '../../core/run/manifest.js';
import { scenarioOf } from '../../core/scenarios/library.js';
import type { Scenario } from '../../core/scenarios/scenario.js';
import type { KernelReport } from '../../sessions/kernel-reports.js';
import type { ForkView } from '../../sessions/session.view.js';
import type { Backend } from '../backend/backend.js';
import { type FindingDocument, runDocument, type SessionDocument } from '../documents.js';
import { EXIT_CODE, type ExitCode, exitCodeOf } from '../exit-codes.js';
import { grouped, type Terminal, table } from '../terminal.js';

/** The manifest of what was asked; every bad input is refused here, before a folder is opened. */
export async function checkRequest(request: RunRequest): Promise<Manifest> {
  if (request.userProtocol === undefined && hasProtocol(request.protocol)) return createManifest(request);
  const { manifestOf } = await import('../../user-protocols/user-manifest.js');
  const { ProtocolFolder } = await import('../../user-protocols/protocol-folder.js');
  const folder = new ProtocolFolder(readSetting('protocolsDir', {}, process.env));
  return await manifestOf(request, (id) => folder.text(id));
}

/** An id that only the server which owns the data folder may know: everything else is checked here. */
async function checkForServer(request: RunRequest, dataDir: string): Promise<Manifest> {
  try {
    return await checkRequest(request);
  } catch (error) {
    if (!(error instanceof BadInput) || error.code !== 'unknown-protocol') throw error;
    const { serverOf } = await import('../backend/open-backend.js');
    if ((await serverOf(dataDir)) === null) throw error;
    return createManifest({ ...request, userProtocol: { file: '', digest: '', text: '' } }, '');
  }
}

export async function run(
  request: RunRequest,
  openBackend: () => Promise<Backend>,
  data: { readonly folder: string; readonly usual: boolean },
  terminal: Terminal,
  file: string | null = null,
): Promise<ExitCode> {
  const manifest = await checkForServer(request, data.folder);
  const { seed, protocol, scenario } = manifest;
  terminal.note(`seed ${seed}, protocol ${protocol}, scenario ${scenario}, engine ${ENGINE_VERSION}`);
  const backend = await openBackend();
  let session: SessionDocument;
  let findings: FindingDocument[];
  let assertions: KernelReport[];
  try {
    [session] = await backend.run([request], (id, state, events) => {
      terminal.progress(`session ${id} ${state}: ${grouped(events)} events`);
    });
    findings = await backend.findings(session.id);
    assertions = await backend.assertions(session.id);
  } finally {
    await backend.close();
  }
  terminal.document(runDocument(session, findings, assertions));
  printSession(session, findings, assertions, terminal);
  terminal.note(reproduce(manifest, data.usual ? null : data.folder, file));
  if (session.state === 'waiting') {
    terminal.line(
      `  it waits for commands: rootline command ${session.id} createVm (rootline commands lists them)`,
    );
    return session.findings > 0 ? EXIT_CODE.VIOLATED : EXIT_CODE.FINE;
  }
  return exitCodeOf(session.outcome, session.findings, isProtocolFault(session));
}

/** The user's protocol ended it: by what a step did, or its process was ended. */
function isProtocolFault({ detail, reason }: SessionDocument): boolean {
  return detail?.protocolFault !== undefined || reason?.startsWith('protocol-fault') === true;
}

/** The text form of one session; `show` prints the same. */
export function printSession(
  session: SessionDocument,
  findings: readonly FindingDocument[],
  assertions: readonly KernelReport[],
  terminal: Terminal,
): void {
  const s = session;
  terminal.line(`session ${s.id}: ${s.scenario} under ${s.protocol}, seed ${s.seed}, ${s.state}`);
  for (const { sessionId, at, position, difference, again } of s.forks) {
    const where = grouped(again === null ? position : at);
    terminal.line(`  forked            from session ${sessionId} at ${where}; different: ${difference}`);
    if (again !== null) terminal.line(`  runs again        ${againText(again)}`);
  }
  if (s.reason !== null) terminal.line(`  reason            ${s.reason}`);
  terminal.line(`  outcome           ${s.outcome ?? 'none yet'}${detailText(s)}`);
  terminal.line(`  root allocations  ${grouped(s.rootAllocations)}`);
  terminal.line(`  events            ${grouped(s.events)} (${grouped(s.stored)} stored, ${s.recording})`);
  terminal.line(`  virtual time      ${(s.timeNs / 1e9).toFixed(6)} s`);
  terminal.line(`  digest            ${s.digest ?? 'none yet'}`);
  for (const [name, ns] of Object.entries(s.milestones)) {
    terminal.line(`  ${name.padEnd(16)}  ${(ns / 1e9).toFixed(3)} s`);
  }
  const counts = Object.entries(s.counts).filter(([, n]) => n !== 0);
  if (counts.length > 0)
    terminal.line(
      table(
        ['  count', ''],
        counts.map(([name, n]) => [`  ${name}`, n]),
      ),
    );
  terminal.line(`  findings          ${s.invariants ? s.findings : 'invariants were switched off'}`);
  for (const line of findingLines(findings)) terminal.line(`    ${line}`);
  if (assertions.length > 0)
    terminal.line(`  kernel reports    ${s.counts['assertions'] ?? assertions.length}`);
  for (const line of reportLines(assertions)) terminal.line(`    ${line}`);
  if (s.verdicts !== null) terminal.line(`  invariants        ${verdictText(s.verdicts)}`);
}

function againText({ followed, of, stopped }: NonNullable<ForkView['again']>): string {
  const steps = `${grouped(followed)} of ${grouped(of)} steps as in that session`;
  return `from the start: ${steps}${stopped === null ? '' : ` (${stopped})`}`;
}

/** The first finding of each invariant, in words; later ones of the same are only counted (all are in the store). */
function findingLines(findings: readonly FindingDocument[]): string[] {
  const lines: string[] = [];
  for (const name of new Set(findings.map((f) => f.invariant))) {
    const all = findings.filter((f) => f.invariant === name);
    const [first] = all;
    const invariant = INVARIANTS.find((x) => `I${x.number}` === name);
    const what = invariant?.details[first.values.detail] ?? `detail ${first.values.detail}`;
    lines.push(`${name} ${invariant?.name ?? ''}: ${invariant?.statement ?? ''}`);
    lines.push(
      `  at position ${first.position}: ${first.subject.kind === 'root' ? `r${first.subject.number}: ` : ''}${what}; ${invariant?.seen ?? 'seen'} ${first.values.seen}; ` +
        `${first.thread} in ${first.function} @ ${first.label}${all.length > 1 ? ` (+${all.length - 1} more)` : ''}`,
    );
  }
  return lines;
}

/** The first report of each kind. */
function reportLines(reports: readonly KernelReport[]): string[] {
  return [...new Set(reports.map(({ assertion }) => assertion))].map((name) => {
    const all = reports.filter(({ assertion }) => assertion === name);
    const { position, thread, function: of, label } = all[0]!;
    const more = all.length > 1 ? ` (+${all.length - 1} more)` : '';
    return `${name} at position ${position}: ${thread} in ${of} @ ${label}${more}`;
  });
}

/** `12 hold, 1 violated (I1), 20 not evaluated (I3 ...), 6 of other eras` */
function verdictText(verdicts: readonly InvariantVerdict[]): string {
  const of = (verdict: InvariantVerdict['verdict']): string[] =>
    verdicts.filter((v) => v.verdict === verdict).map((v) => v.invariant);
  const named = (count: readonly string[], word: string): string =>
    count.length === 0 ? `0 ${word}` : `${count.length} ${word} (${count.join(' ')})`;
  return [
    `${of('holds').length} hold`,
    named(of('violated'), 'violated'),
    named(of('not evaluated'), 'not evaluated'),
    `${of('does not apply').length} of other eras`,
  ].join(', ');
}

function detailText({ detail }: SessionDocument): string {
  if (detail === null) return '';
  if (detail.stuckAt !== undefined) {
    const { phase, exit, loop } = detail.stuckAt;
    return `: stuck in ${phase} at ${detail.stuckAt.function} @ ${detail.stuckAt.label}, ${exit} exits repeat (${loop.join(', ')})`;
  }
  return `: ${detail.message ?? detail.limit ?? ''}`;
}

/** The command that makes the same session again: everything that differs from a default is in it. @param file of a user's protocol */
export function reproduce(manifest: Manifest, data: string | null, file: string | null = null): string {
  const scenario = scenarioOf(manifest);
  const words = ['npx', 'rootline', 'run', manifest.scenario];
  words.push('--protocol', file ?? manifest.protocol, '--seed', String(manifest.seed));
  words.push('--scheduler', manifest.scheduler, '--recording', manifest.recording);
  for (const setting of settings(manifest, scenario)) words.push('--set', setting);
  if (!manifest.invariants) words.push('--no-invariants');
  if (data !== null) words.push('--data', data);
  return words.map(quoted).join(' ');
}

function settings(manifest: Manifest, scenario: Scenario): string[] {
  const out: string[] = [];
  for (const [name, value] of Object.entries(manifest.parameters)) {
    const p = scenario.parameters[name];
    if (value !== p.default) out.push(`${name}=${p.words?.[Number(value) - p.min] ?? String(value)}`);
  }
  const costs: Record<string, number> = { ...resolveCosts({}), ...scenario.costs };
  for (const [name, ns] of Object.entries(manifest.costs))
    if (ns !== costs[name]) out.push(`cost.${name}=${ns}`);
  for (const [name, l] of Object.entries(RUN_LIMITS)) {
    const value = manifest.limits[name];
    if (value !== l.default) out.push(`limit.${name}=${value}`);
  }
  return out;
}

/** As a POSIX shell reads it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
