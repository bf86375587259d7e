// `smi-pages`: what an SMI costs a round of guest work, against the pages that the round touches. Recorded kernels that drop
// roots pay for every page again, those that keep them pay nothing: a straight line, and a flat one. The recordings ran in an
// emulator: their times mean nothing for hardware, so only the shape is held against them.
import {
  atLeast,
  atMost,
  type Experiment,
  type ExperimentSession,
  type Figure,
  type SessionResult,
} from './experiment.js';

const SOURCE =
  "recordings of fixtures/traces, its README's table of slowdowns: median of 3 runs of 100 rounds (40 for 1,024 pages)";
const PAGES = [1, 16, 64, 256, 1_024] as const;
const ROUNDS = 40;
/** From here on the line must fit: below, what an SMI costs without any page weighs too much. */
const FITTED_FROM = 64;

/** Microseconds of a round: without SMIs and with one each (TCG). */
type Recorded = Readonly<Record<(typeof PAGES)[number], readonly [without: number, withSmi: number]>>;
const RECORDED_5_10: Recorded = {
  1: [217, 1_083],
  16: [240, 1_620],
  64: [303, 3_450],
  256: [320, 11_069],
  1024: [604, 40_039],
};
const RECORDED_NOFIX: Recorded = {
  1: [247, 1_049],
  16: [257, 1_576],
  64: [215, 3_396],
  256: [294, 11_239],
  1024: [745, 39_487],
};
const RECORDED_6_1: Recorded = {
  1: [257, 594],
  16: [297, 405],
  64: [289, 364],
  256: [275, 407],
  1024: [891, 928],
};
const RECORDED_6_12: Recorded = {
  1: [228, 466],
  16: [242, 435],
  64: [338, 345],
  256: [249, 422],
  1024: [707, 896],
};

/** Before the fix, then after it; each with the recording of its era. */
const BEFORE = [
  ['v5.10', '5.10.262', RECORDED_5_10],
  ['v5.18', '6.1.192-nofix', RECORDED_NOFIX],
] as const;
const AFTER = [
  ['v6.4', '6.1.192', RECORDED_6_1],
  ['v6.9', '6.12.117', RECORDED_6_12],
] as const;

interface Line {
  /** Extra time of a round that touches nothing, and for each page; in the unit of the points. */
  readonly a: number;
  readonly b: number;
  /** Largest distance of a point from FITTED_FROM pages on, as a share of the point. */
  readonly residual: number;
}

/** Least squares. */
function line(extra: (pages: number) => number): Line {
  const points = PAGES.map((pages) => [pages, extra(pages)] as const);
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const b = covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const a = meanY - b * meanX;
  const residual = Math.max(
    ...points.filter(([x]) => x >= FITTED_FROM).map(([x, y]) => Math.abs(y - (a + b * x)) / Math.abs(y)),
  );
  return { a, b, residual };
}

const recordedLine = (recorded: Recorded): Line =>
  line((pages) => {
    const [without, withSmi] = recorded[pages as keyof Recorded];
    return withSmi - without;
  });

const key = (protocol: string, pages: number, smi: boolean): string =>
  `${protocol} ${pages} pages${smi ? ' SMI' : ''}`;

/** In microseconds. */
const simulatedLine = (protocol: string, of: (key: string) => SessionResult): Line =>
  line((pages) => {
    const without = of(key(protocol, pages, false)).timeNs;
    return (of(key(protocol, pages, true)).timeNs - without) / ROUNDS / 1e3;
  });

function sessionsOf(protocol: string): ExperimentSession[] {
  return PAGES.flatMap((pages) =>
    [false, true].map((smi) => ({
      key: key(protocol, pages, smi),
      scenario: 'smi-heavy',
      protocol,
      parameters: { pages, smis: smi ? ROUNDS : 0, plainRounds: smi ? 0 : ROUNDS },
      costs: { rcuGracePeriod: 10_000 },
    })),
  );
}

const figure = (
  protocol: string,
  rest: Pick<Figure, 'figure' | 'unit' | 'published' | 'accepted' | 'value'>,
): Figure => ({
  session: key(protocol, PAGES.at(-1)!, true),
  kind: 'predicted',
  source: SOURCE,
  confidence: 'A',
  anyScale: true,
  ...rest,
});

const words = (value: number, digits = 1): string => value.toFixed(digits);

function figuresBefore([protocol, kernel, recorded]: (typeof BEFORE)[number]): Figure[] {
  const found = recordedLine(recorded);
  return [
    figure(protocol, {
      figure: 'b: extra time of a round for each page',
      unit: 'us',
      published: `${words(found.b)} in an emulator (${kernel})`,
      accepted: atLeast(0.05, 'above 0'),
      value: (of) => simulatedLine(protocol, of).b,
    }),
    figure(protocol, {
      figure: `off the line a + b x pages, from ${FITTED_FROM} pages on`,
      unit: '%',
      published: `${words(found.residual * 100)} (${kernel})`,
      accepted: atMost(10, 'at most 10 %'),
      value: (of) => simulatedLine(protocol, of).residual * 100,
    }),
  ];
}

function figuresAfter([protocol, kernel, recorded]: (typeof AFTER)[number]): Figure[] {
  const share = (recordedLine(recorded).b / recordedLine(RECORDED_NOFIX).b) * 100;
  return [
    figure(protocol, {
      figure: "b, of v5.18's",
      unit: '%',
      published: `${words(share, 2)} of 6.1.192-nofix's (${kernel})`,
      accepted: { from: -1, to: 1, tolerance: '1 % of b' },
      value: (of) => (simulatedLine(protocol, of).b / simulatedLine('v5.18', of).b) * 100,
    }),
  ];
}

export const smiPagesExperiment: Experiment = {
  name: 'smi-pages',
  title: 'The extra time of a round with an SMI, against the pages that it touches',
  source: SOURCE,
  needsPressure: false,
  sessions: [...BEFORE, ...AFTER].flatMap(([protocol]) => sessionsOf(protocol)),
  figures: [...BEFORE.flatMap(figuresBefore), ...AFTER.flatMap(figuresAfter)],
  inputs: [
    {
      name: 'rounds',
      value: String(ROUNDS),
      range: '40-100 as recorded',
      unit: 'rounds, with and without an SMI behind each',
      kind: 'published',
      source: SOURCE,
    },
    {
      name: 'cost.rcuGracePeriod',
      value: '10,000',
      range: '10,000-50,000,000',
      unit: 'ns',
      kind: 'assumed',
      source:
        'a VM ends with a wait for a grace period, which is no part of a round: here it takes next to nothing',
    },
  ],
  outOfScope: [
    "absolute times: the recordings are an emulator's, the model's costs are hardware's",
    'what an SMI costs without any page (a): emulated and modelled SMIs have little in common',
    'an idle or busy second vCPU beside it (the table has both): see xen-shim-smep for the model of those',
    '7.2.13: recorded in another emulator run, a third as fast; its line is flat as well',
  ],
};
