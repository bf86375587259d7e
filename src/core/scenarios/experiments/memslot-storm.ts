// `memslot-storm`: how long a vCPU may wait for a new root after a memslot was deleted. Before and after v6.9.
import { memslotStorm } from '../memslots-under-load.js';
import { atLeast, atMost, type Experiment, type Figure } from './experiment.js';

const SOURCE = 'Christopherson, 11 Jan 2024, 20240111020048.844847-1-seanjc@google.com';
const MANY = 64;
const FEW = 23;
const p = memslotStorm.parameters;
const key = (protocol: string, vcpus: number): string => `${protocol} ${vcpus} vCPUs`;

const worst = (
  protocol: string,
  vcpus: number,
  more: Pick<Figure, 'kind' | 'published' | 'accepted'>,
): Figure => ({
  session: key(protocol, vcpus),
  figure: 'worst root load',
  unit: 'us',
  source: SOURCE,
  confidence: 'A',
  value: (of) => {
    const ns = of(key(protocol, vcpus)).pressure?.['worstRootLoadNs'];
    return ns === undefined || ns === null ? null : ns / 1e3;
  },
  ...more,
});

export const memslotStormExperiment: Experiment = {
  name: 'memslot-storm',
  title: 'Memslots go and come back: how long a vCPU waits for a new root',
  source: SOURCE,
  needsPressure: true,
  sessions: ['v6.6', 'v6.9'].flatMap((protocol) =>
    [MANY, FEW].map((vcpus) => ({
      key: key(protocol, vcpus),
      scenario: 'memslot-storm',
      protocol,
      parameters: { vcpus },
    })),
  ),
  figures: [
    worst('v6.6', MANY, { kind: 'fitted', published: '> 3 ms with 100+ vCPUs', accepted: atLeast(3_000) }),
    worst('v6.6', FEW, { kind: 'predicted', published: '> 200 us below 24 vCPUs', accepted: atLeast(200) }),
    worst('v6.9', MANY, { kind: 'predicted', published: '< 100 us with 100+ vCPUs', accepted: atMost(100) }),
    worst('v6.9', FEW, { kind: 'predicted', published: '< 10 us below 24 vCPUs', accepted: atMost(10) }),
  ],
  inputs: [
    {
      name: 'pages',
      value: String(p['pages']!.default),
      range: `${p['pages']!.min}-${p['pages']!.max}`,
      unit: '4K pages that each vCPU has mapped, all in one GiB',
      kind: 'fitted',
      source: 'to the 3 ms: 64 x 1,024 x 52 ns = 3.4 ms in one gfn step of 1 GiB',
    },
    {
      name: 'cost.zapLeafSpte',
      value: '52',
      range: '50-400',
      unit: 'ns',
      kind: 'derived',
      source: '64 TiB in 900 s; 512 GiB in 7 s',
    },
    {
      name: 'updates',
      value: String(p['updates']!.default),
      range: `${p['updates']!.min}-${p['updates']!.max}`,
      unit: 'deletions of a slot',
      kind: 'assumed',
      source: 'no figure',
    },
  ],
  outOfScope: [
    'what the series calls a load: here from the first wait for mmu_lock (to give the old root back) to the new root',
    '100 vCPUs and more: the model has 64 (limit topology.vcpus); the wait is the zap of one GiB, which does not grow with vCPUs but with what they have mapped',
    'more than 1 s for one load: seen once, no circumstances given',
    'how often loads are slow: the report has worst cases only, so they are lower and upper bounds here',
    'NUMA and vCPUs that are scheduled out',
    'v6.9: a load here waits for writers only; who shares the cache lines of mmu_lock and of the count costs nothing',
  ],
};
