// The recorded ioctl scripts as scenarios.
import type { Scenario } from '../scenario.js';
import { destroyFwd, destroyPartial } from './destroy.js';
import { dirty, memslot, memslotIdle } from './memslots.js';
import { notifier, plain } from './plain.js';
import { reset1 } from './reset1.js';
import { smi, smiHeavy, smiRounds } from './smi.js';

export const RECORDED_SCENARIOS: readonly Scenario[] = [
  plain,
  smi,
  smiHeavy,
  smiRounds,
  reset1,
  memslotIdle,
  memslot,
  notifier,
  destroyFwd,
  destroyPartial,
  dirty,
];
