// `smi-rounds`: what a round costs more with an SMI than without, against the pages that it touches. Measured beside the recordings on
// the five kernels (under TCG: its times mean nothing for hardware, the shape does): a line through the working set where the SMI
// frees the root, a constant where the kernel keeps it.
import {
  atLeast,
  atMost,
  type Experiment,
  type ExperimentSession,
  type Figure,
  type SessionResult,
} from './experiment.js';

const SOURCE = 'measured beside the recordings of five kernels, under TCG';
const ROUNDS = 10;
const PAGES = [1, 16, 64, 256, 1_024] as const;
/** From so many pages on the line must fit. */
const FITS_FROM = 64;
const MOST_RESIDUAL = 10;
/** A page costs this much of what it costs before the fix, at most: "about 0". */
const NOTHING = 0.02;

/** us of a round without and with an SMI, by pages. */
const MEASURED: { readonly [protocol: string]: readonly (readonly [without: number, with_: number])[] } = {
  '5.10.262': [
    [217, 1083],
    [240, 1620],
    [303, 3450],
    [320, 11069],
    [604, 40039],
  ],
  '6.1.192-nofix': [
    [247, 1049],
    [257, 1576],
    [215, 3396],
    [294, 11239],
    [745, 39487],
  ],
  '6.1.192': [
    [257, 594],
    [297, 405],
    [289, 364],
    [275, 407],
    [891, 928],
  ],
  '6.12.117': [
    [228, 466],
    [242, 435],
    [338, 345],
    [249, 422],
    [707, 896],
  ],
  '7.2.13': [
    [106, 212],
    [89, 262],
    [85, 275],
    [168, 370],
    [317, 531],
  ],
};
const BEFORE_FIX: ReadonlySet<string> = new Set(['5.10.262', '6.1.192-nofix']);
const PROTOCOLS = Object.keys(MEASURED);

export interface Line {
  /** us */
  readonly a: number;
  /** us a page */
  readonly b: number;
  /** Largest deviation from the line of what was measured from FITS_FROM pages on, in percent. */
  readonly residual: number;
}

/** The line a + b x pages of least squares. @param extra us, by PAGES */
export function lineOf(extra: readonly number[]): Line {
  const n = extra.length;
  const meanX = PAGES.reduce((sum, x) => sum + x, 0) / n;
  const meanY = extra.reduce((sum, y) => sum + y, 0) / n;
  let xy = 0;
  let xx = 0;
  PAGES.forEach((x, k) => {
    xy += (x - meanX) * (extra[k]! - meanY);
    xx += (x - meanX) ** 2;
  });
  const b = xy / xx;
  const a = meanY - b * meanX;
  const off = PAGES.map((x, k) =>
    x < FITS_FROM ? 0 : (100 * Math.abs(extra[k]! - (a + b * x))) / Math.abs(extra[k]!),
  );
  return { a, b, residual: Math.max(...off) };
}

const measured = (protocol: string): Line =>
  lineOf(MEASURED[protocol]!.map(([without, with_]) => with_ - without));

const keyOf = (protocol: string, pages: number, smi: number): string =>
  `${protocol} ${pages}${smi === 1 ? ' smi' : ''}`;

/** us that a round costs more with the SMI, by PAGES. */
function simulated(of: (key: string) => SessionResult, protocol: string): number[] {
  return PAGES.map((pages) => {
    const [without, with_] = [0, 1].map((smi) => {
      const { milestones } = of(keyOf(protocol, pages, smi));
      return milestones['done']! - milestones['kernel']!;
    });
    return (with_! - without!) / ROUNDS / 1_000;
  });
}

const rounded = (n: number): string => n.toFixed(1);

function figuresOf(protocol: string): Figure[] {
  const own = measured(protocol);
  const before = BEFORE_FIX.has(protocol);
  const shared = {
    session: keyOf(protocol, PAGES[0], 1),
    kind: 'predicted' as const,
    anyScale: true,
    source: SOURCE,
    confidence: 'A' as const,
  };
  const perPage: Figure = {
    ...shared,
    figure: 'b: a page more costs',
    unit: before ? 'us a round' : '% of 6.1.192-nofix',
    published: before
      ? `${rounded(own.b)} us a round (TCG): more than 0`
      : `${rounded((100 * own.b) / measured('6.1.192-nofix').b)} %: about 0`,
    accepted: before
      ? atLeast(0.001, 'more than 0')
      : { from: -100 * NOTHING, to: 100 * NOTHING, tolerance: `${100 * NOTHING} %` },
    value: (of) => {
      const { b } = lineOf(simulated(of, protocol));
      return before ? b : (100 * b) / lineOf(simulated(of, '6.1.192-nofix')).b;
    },
  };
  if (!before) return [perPage];
  return [
    perPage,
    {
      ...shared,
      figure: `residual from ${FITS_FROM} pages on`,
      unit: '%',
      published: `${rounded(own.residual)} % (TCG)`,
      accepted: atMost(MOST_RESIDUAL),
      value: (of) => lineOf(simulated(of, protocol)).residual,
    },
  ];
}

export const smiRoundsExperiment: Experiment = {
  name: 'smi-rounds',
  title: 'What a round costs more with an SMI: a + b x pages before the fix, a constant after it',
  source: SOURCE,
  needsPressure: false,
  sessions: PROTOCOLS.flatMap((protocol) =>
    PAGES.flatMap((pages) =>
      [0, 1].map(
        (smi): ExperimentSession => ({
          key: keyOf(protocol, pages, smi),
          scenario: 'smi-rounds',
          protocol,
          parameters: { pages, smi, rounds: ROUNDS },
        }),
      ),
    ),
  ),
  figures: PROTOCOLS.flatMap(figuresOf),
  inputs: [
    {
      name: 'pages',
      value: PAGES.join(', '),
      range: '1-2,048',
      unit: '4K pages that a round touches',
      kind: 'published',
      source: SOURCE,
    },
    {
      name: 'rounds',
      value: String(ROUNDS),
      range: '1-1,000',
      unit: 'rounds',
      kind: 'assumed',
      source: 'the simulated ones are all alike; 100 (40 for 1,024 pages) were measured',
    },
  ],
  outOfScope: [
    'absolute times: the measured ones are those of an emulator (TCG), the simulated ones those of the cost model; only the shape is compared',
    'a second vCPU that holds the root, or takes SMIs as well; an SMI every 10th round: see `run smi-heavy --set vcpus=2`',
  ],
};
