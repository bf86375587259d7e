// `max-roots`: how many roots a VM can have. The founding mail says 4; twenty minutes later its author says 6.
import { type Experiment, exactly, type Figure } from './experiment.js';

const MAIL = 'Christopherson, 13 Apr 2023, ZDhO02VeRcOMTQz0@google.com (quoting ZDg6w+1v4e/uRDfF@google.com)';
const CORRECTION = 'Christopherson, 13 Apr 2023, ZDhTeIXRdcXDaD54@google.com';
const PROTOCOLS = ['seed-draft', 'v6.4', 'v6.6'] as const;
const key = (protocol: string, guestMode: 0 | 1): string =>
  `${protocol} ${guestMode === 1 ? 'with guest_mode' : 'without'}`;

const peak = (protocol: string, guestMode: 0 | 1): Figure => ({
  session: key(protocol, guestMode),
  figure: 'most valid roots at once',
  unit: 'roots',
  kind: 'predicted',
  published: guestMode === 1 ? '6: and {4, 5}-level guest_mode' : 'at most 4: {4, 5}-level x {SMM, not}',
  accepted: exactly(guestMode === 1 ? 6 : 4),
  source: guestMode === 1 ? CORRECTION : MAIL,
  confidence: 'A',
  anyScale: true,
  value: (of) => of(key(protocol, guestMode)).pressure?.['peakValidRoots'] ?? null,
});

export const maxRootsExperiment: Experiment = {
  name: 'max-roots',
  title: 'The most roots of one VM: 4 in the mail, 6 in its correction',
  source: `${MAIL}; ${CORRECTION}`,
  needsPressure: true,
  sessions: PROTOCOLS.flatMap((protocol) =>
    ([0, 1] as const).map((guestMode) => ({
      key: key(protocol, guestMode),
      scenario: 'roles',
      protocol,
      parameters: { guestMode },
    })),
  ),
  figures: ([0, 1] as const).flatMap((guestMode) => PROTOCOLS.map((protocol) => peak(protocol, guestMode))),
  inputs: [
    {
      name: 'vCPUs',
      value: '2',
      range: '1-2',
      unit: 'one with MAXPHYADDR > 48, one without, on a host with 5-level paging',
      kind: 'assumed',
      source: 'one vCPU has one level only: 3 roots. A slot goes halfway, so all of them are made twice',
    },
  ],
  outOfScope: [
    'mirror and private roots (TDX, v6.14): more than 6',
    'invalid roots that somebody still holds beside the valid ones: not counted, here or in the mail',
    'v5.18 and before: roots are forgotten, so fewer than that are there at once',
  ],
};
