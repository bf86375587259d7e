// Litmus whose rules hold, searched to the end: the verdict of the reference's section 6.5, protocol by protocol.
import { describe, expect, it } from 'vitest';
import { ALL, verdict } from '../litmus-support.js';

const PAIRS = ['v-v', 'v-m', 'v-n', 'm-n', 'm-r', 'v-v-n', 'v-k', 'v-d', 'm-k-d', 'create-failure'];
/** Litmus that a protocol breaks: test/litmus/wrong. */
const BROKEN: { readonly [protocol: string]: readonly string[] } = {
  'v5.15': ['v-m', 'm-r', 'v-v-n'],
  'seed-draft': ['v-d', 'create-failure'],
};

describe.each(['v5.15', 'v5.18', 'seed-draft', 'v6.4', 'v6.6', 'v6.9'])('%s', (protocol) => {
  const holds = PAIRS.filter((id) => !(BROKEN[protocol] ?? []).includes(id));
  it.each(holds)('%s holds', (id) => {
    const { end, violation } = verdict(id, protocol);
    expect({ end, violation }).toEqual({ end: 'finished', violation: null });
  });
});

// The anchor's configuration: exhaustive, as in Spin.
it.each([
  ['reference', 'v5.18'],
  ['reference', 'v6.4'],
  ['reference-nodestroy', 'seed-draft'],
])(
  '%s holds for %s',
  (id, protocol) => {
    const { end, violation, states } = verdict(id, protocol, {}, ALL);
    expect({ end, violation }).toEqual({ end: 'finished', violation: null });
    expect(states).toBeGreaterThan(5_000);
  },
  240_000,
);
