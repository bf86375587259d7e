// `xen-shim-smep`: an idle vCPU hides the flaw. A report in words; what counts as bad is ours.
import { xenShimSmep } from '../xen-shim-smep.js';
import { atLeast, atMost, type Experiment, exactly, type Figure } from './experiment.js';

const SOURCE = 'Woodhouse and Christopherson, Oct 2023, on CR4.SMEP in the Xen PV shim (field-reports 1.9)';
/** A load that takes twice as long is bad, one that takes a tenth longer is good. */
const BAD = atLeast(2, 'twice, ours');
const GOOD = atMost(1.1, '10 %, ours');
const SECOND = ['none', 'idle', 'busy'] as const;
const WORDS = {
  none: '1 vCPU: awful',
  idle: '2 vCPUs: better, fine while #2 idles',
  busy: 'until the second becomes active',
} as const;
const p = xenShimSmep.parameters;

const slowdown = (second: (typeof SECOND)[number]): Figure => ({
  session: `v5.18 ${second}`,
  figure: 'times the same load with roots kept',
  unit: 'times',
  kind: second === 'busy' ? 'fitted' : 'predicted',
  published: WORDS[second],
  accepted: second === 'idle' ? GOOD : BAD,
  source: SOURCE,
  confidence: 'A',
  anyScale: true,
  value: (of) => of(`v5.18 ${second}`).timeNs / of(`v6.4 ${second}`).timeNs,
});

export const xenShimSmepExperiment: Experiment = {
  name: 'xen-shim-smep',
  title: 'A guest that flips CR4.SMEP: bad with one vCPU, good while a second idles, bad when it is busy',
  source: SOURCE,
  needsPressure: false,
  sessions: ['v5.18', 'v6.4'].flatMap((protocol) =>
    SECOND.map((second) => ({
      key: `${protocol} ${second}`,
      scenario: 'xen-shim-smep',
      protocol,
      parameters: { second },
    })),
  ),
  figures: [
    ...SECOND.map(slowdown),
    ...SECOND.map(
      (second): Figure => ({
        session: `v6.4 ${second}`,
        figure: 'roots allocated',
        unit: 'roots',
        kind: 'predicted',
        published: 'SPTEs are zapped only if all vCPUs have unloaded at once: never, with roots kept',
        accepted: exactly(1),
        source: SOURCE,
        confidence: 'A',
        anyScale: true,
        value: (of) => of(`v6.4 ${second}`).rootAllocations,
      }),
    ),
  ],
  inputs: [
    {
      name: 'pages',
      value: String(p['pages']!.default),
      range: '10-260',
      unit: 'pages touched between two flips',
      kind: 'assumed',
      source: 'no figure',
    },
    {
      name: 'computeNs',
      value: String(p['computeNs']!.default),
      range: '1,000-10,000',
      unit: 'ns of guest time between two flips, on average',
      kind: 'fitted',
      source:
        'no figure; set so that two busy vCPUs are slow: with 1,000 they push each other apart at mmu_lock and are 1.5 times slower only',
    },
    {
      name: 'cost.resetToReload',
      value: '500',
      range: '0-5000',
      unit: 'ns without a root at each flip',
      kind: 'assumed',
      source: 'no figure; at 0 two vCPUs are never without a root at once',
    },
  ],
  outOfScope: [
    'seconds: the report has none; bad is twice the time and good a tenth more at the most, by our choice',
    'Xen, its shim, and how often it flips',
    'CR0.WP flips (ssdd 10 50000 s by kernel): the number of flips is not published',
  ],
};
