// The anchor's configuration, searched to the end. The pairs: test/litmus/section-6.5.test.ts.
import { expect, it } from 'vitest';
import { ALL, verdict } from '../litmus-support.js';

// Exhaustive, as in Spin.
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
