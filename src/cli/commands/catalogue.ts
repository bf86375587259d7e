// `protocols`, `scenarios`, `invariants`: what this build knows. They need no data folder.

import { BadInput } from '../../core/base/errors.js';
import { INVARIANTS } from '../../core/invariants/catalogue.js';
import { COSTS } from '../../core/machine/costs.js';
import { diffProtocols, type ProtocolDiff } from '../../core/protocols/diff.js';
import { findProtocol, PROTOCOLS } from '../../core/protocols/registry.js';
import { RUN_LIMITS } from '../../core/run/manifest.js';
import { SCENARIOS } from '../../core/scenarios/library.js';
import type { Parameter } from '../../core/scenarios/scenario.js';
import { isProtocolFile, readUserProtocol } from '../../user-protocols/read-protocol.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { type Terminal, table } from '../terminal.js';

export function protocols(terminal: Terminal): ExitCode {
  const documents = PROTOCOLS.map(({ id, title, source, base, rules, replaced }) => ({
    id,
    title,
    source,
    base,
    rules,
    replaced,
  }));
  terminal.document({ protocols: documents });
  terminal.line(
    table(
      ['protocol', 'era', 'extends', 'title', 'source'],
      documents.map((p) => [p.id, p.rules.era, p.base, p.title, p.source]),
    ),
  );
  return EXIT_CODE.FINE;
}

/** One of the two may be a user's FILE.mjs: it is read where it may run. */
async function diffOf(from: string, to: string): Promise<ProtocolDiff> {
  const files = [from, to].filter(isProtocolFile);
  if (files.length === 0) return diffProtocols(findProtocol(from), findProtocol(to));
  if (files.length === 2)
    throw new BadInput('protocol-files', 'one of the two must be a shipped protocol, got two files');
  const reverse = isProtocolFile(from);
  const other = findProtocol(reverse ? to : from).id;
  const { Sandbox } = await import('../../user-protocols/sandbox.js');
  return await Sandbox.once(readUserProtocol(files[0]!), 'diff', { other, reverse });
}

/** `protocols diff A B`: functions and rules, before and after. */
export async function protocolsDiff(from: string, to: string, terminal: Terminal): Promise<ExitCode> {
  const diff = await diffOf(from, to);
  terminal.document(diff);
  terminal.line(`${diff.from.id} (${diff.from.source})`);
  terminal.line(`-> ${diff.to.id} (${diff.to.source})`);
  terminal.line();
  terminal.line(
    table(
      ['function', 'before', 'after', 'labels gone', 'labels new'],
      diff.functions.map((f) => [
        f.function,
        f.before ?? '-',
        f.after ?? '-',
        f.labelsBefore.filter((l) => !f.labelsAfter.includes(l)).join(' '),
        f.labelsAfter.filter((l) => !f.labelsBefore.includes(l)).join(' '),
      ]),
    ),
  );
  for (const r of diff.rules) {
    terminal.line();
    terminal.line(r.rule);
    terminal.line(`  - ${r.before}`);
    terminal.line(`  + ${r.after}`);
  }
  for (const c of diff.constants)
    terminal.line(`constant ${c.name}: ${c.before ?? '-'} -> ${c.after ?? '-'}`);
  return EXIT_CODE.FINE;
}

export function scenarios(terminal: Terminal): ExitCode {
  const documents = SCENARIOS.map(({ id, title, doc, parameters }) => ({ id, title, doc, parameters }));
  terminal.document({ scenarios: documents, costs: COSTS, limits: RUN_LIMITS });
  for (const scenario of documents) {
    terminal.line(`${scenario.id}: ${scenario.title}`);
    terminal.line(`  ${scenario.doc}`);
    for (const [name, p] of Object.entries(scenario.parameters)) {
      terminal.line(`  --set ${name}=${shown(p, p.default)}  ${range(p)}  ${p.doc}`);
    }
    terminal.line();
  }
  const limits = Object.entries(RUN_LIMITS).map(([name, l]) => [`limit.${name}`, l.default, l.max, l.doc]);
  terminal.line(table(['every scenario: --set', 'default', 'at most', ''], limits));
  terminal.line();
  const costs = Object.entries(COSTS).map(([name, c]) => [
    `cost.${name}`,
    c.ns,
    `${c.min}..${c.max}`,
    c.confidence,
    c.source,
  ]);
  terminal.line(table(['every scenario: --set', 'ns', 'range', 'confidence', 'source'], costs));
  return EXIT_CODE.FINE;
}

function shown(p: Parameter, value: number): string {
  return p.words?.[value - p.min] ?? String(value);
}

function range(p: Parameter): string {
  const unit = p.unit === '' ? '' : ` ${p.unit}`;
  return p.words === undefined ? `${p.min}..${p.max}${unit}` : p.words.join('|');
}

export function invariants(terminal: Terminal): ExitCode {
  const documents = INVARIANTS.map((i) => ({
    id: `I${i.number}`,
    name: i.name,
    kind: i.kind,
    statement: i.statement,
    eras: i.eras,
    needs: i.exercise,
    notEvaluated: i.notEvaluated ?? null,
  }));
  terminal.document({ invariants: documents });
  terminal.line(
    table(
      ['', 'name', 'kind', 'eras', 'statement'],
      documents.map((i) => [i.id, i.name, i.kind, i.eras, i.statement]),
    ),
  );
  return EXIT_CODE.FINE;
}
