// `npm run bench [-- sim|store|replay|time|service|explore|page|page-live|experiment|traces ...] [--out FILE] [--scale X]
// [--minutes N]`: measures against the targets, prints a table and writes JSON. Exit code 0 whether targets are met or not: a bench measures, it does not
// judge the machine.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ENGINE_VERSION } from '../src/core/run/manifest.js';
import { measureExperiment } from './experiment.js';
import { measureExplore } from './explore.js';
import { type Figure, figureTable, meets } from './figures.js';
import { PACKAGE_ROOT } from './package-root.js';
import { measurePage } from './page.js';
import { LIVE_MINUTES, measurePageLive } from './page-live.js';
import { measureReplay } from './replay.js';
import { measureService } from './service.js';
import { measureSimulation } from './sim.js';
import { measureStore } from './store.js';
import { measureTime } from './time.js';
import { measureTraces } from './traces.js';

const SIM_EVENTS = 10_000_000;
const STORE_EVENTS = 3_000_000;
/** A little more than is asked for: the workload's size is an estimate. */
const TIME_EVENTS = 10_700_000;

const SECTIONS = {
  sim: (_folder: string, scale: number) => Promise.resolve(measureSimulation(SIM_EVENTS * scale)),
  store: (folder: string, scale: number) => measureStore(folder, STORE_EVENTS * scale),
  replay: (folder: string, scale: number) => measureReplay(folder, STORE_EVENTS * scale),
  time: (folder: string, scale: number) => measureTime(folder, TIME_EVENTS * scale),
  service: (folder: string, scale: number) => measureService(folder, scale),
  explore: (folder: string, scale: number) => Promise.resolve(measureExplore(folder, scale)),
  page: async (folder: string, scale: number, minutes: number) => [
    ...(await measurePage(folder, scale)),
    ...(await measurePageLive(folder, minutes * scale)),
  ],
  'page-live': (folder: string, scale: number, minutes: number) => measurePageLive(folder, minutes * scale),
  experiment: (folder: string) => measureExperiment(folder),
  traces: (folder: string, scale: number) => measureTraces(folder, scale),
} as const;
type SectionName = keyof typeof SECTIONS;
const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[];
/** Those that are measured where none is named; page-live is the end of page. */
const USUAL = SECTION_NAMES.filter((name) => name !== 'page-live');

interface BenchArguments {
  readonly sections: readonly SectionName[];
  readonly out: string;
  /** Less than 1: shorter runs, for trying the bench itself. */
  readonly scale: number;
  /** That a live session is followed. */
  readonly minutes: number;
}

function readArguments(args: readonly string[]): BenchArguments {
  const sections: SectionName[] = [];
  let out = join(PACKAGE_ROOT, '.test-results', 'bench-results.json');
  let scale = 1;
  let minutes = LIVE_MINUTES;
  for (let i = 0; i < args.length; i++) {
    const section = SECTION_NAMES.find((name) => name === args[i]);
    if (section !== undefined) sections.push(section);
    else if (args[i] === '--out' && args[i + 1] !== undefined) out = resolve(args[++i]);
    else if (args[i] === '--scale' && Number(args[i + 1]) > 0) scale = Number(args[++i]);
    else if (args[i] === '--minutes' && Number(args[i + 1]) > 0) minutes = Number(args[++i]);
    else
      throw new RangeError(
        `bench takes ${SECTION_NAMES.join('|')}, --out FILE, --scale X, --minutes N; got "${args[i]}"`,
      );
  }
  return { sections: sections.length === 0 ? USUAL : sections, out, scale, minutes };
}

async function main(): Promise<void> {
  const { sections, out, scale, minutes } = readArguments(process.argv.slice(2));
  const folder = mkdtempSync(join(tmpdir(), 'rootline-bench-'));
  const figures: Figure[] = [];
  try {
    for (const section of sections) {
      process.stderr.write(`bench: ${section} ...\n`);
      figures.push(...(await SECTIONS[section](folder, scale, minutes)));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  };
  process.stdout.write(`${figureTable(figures)}\n`);
  process.stdout.write(
    `${machine.cores} cores, ${machine.cpu}, Node ${machine.node}${scale === 1 ? '' : `, scale ${scale}`}\n`,
  );
  mkdirSync(dirname(out), { recursive: true });
  const document = {
    engine: ENGINE_VERSION,
    at: new Date().toISOString(),
    scale,
    machine,
    figures: figures.map((figure) => ({ ...figure, ok: meets(figure) })),
  };
  writeFileSync(out, `${JSON.stringify(document, null, 2)}\n`);
  process.stderr.write(`bench: written to ${out}\n`);
}

await main();
