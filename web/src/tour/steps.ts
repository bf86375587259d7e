// The four steps of the tour, on the founding experiment: what is said, where it is seen, what of the page it is about.
import { ask } from '../api/ask.js';

export interface TourPlace {
  readonly to: string;
  /** What is missing there, in words; null: nothing. */
  readonly missing: string | null;
}

export interface TourStep {
  readonly title: string;
  readonly text: string;
  /** What the step is about: selectors, the first that is there. */
  readonly about: string;
  readonly place: () => Promise<TourPlace>;
}

/** The boot that the mail tells of: context resets on every exit but EPT violations and debug registers. */
const POLICY = 'except-ept-dr';
/** Positions around an SMI that are shown at once. */
const AROUND = { before: 20, behind: 80 };
/** A run of a moment. */
const MAX_TURNS = 100;
const TURN_MS = 100;
const NOT_RUN = 'Run the experiment first: "Run it" on the page Sessions.';

async function bootOf(protocol: string): Promise<string | null> {
  const { rows } = await ask<'Experiments_forcedReset'>('GET', '/experiments/forced-reset');
  const row = rows.find((one) => one.protocol === protocol && one.resetPolicy === POLICY);
  return row?.session?.id ?? null;
}

async function inBoot(): Promise<TourPlace> {
  const id = await bootOf('v5.18');
  return id === null ? { to: '/sessions', missing: NOT_RUN } : { to: `/sessions/${id}`, missing: null };
}

/** A small run with SMIs that keeps every event, as the boots do not; made where there is none. */
async function smiSession(): Promise<string> {
  const kept = { scenario: 'smi', protocol: 'v5.18' };
  const { sessions } = await ask<'Sessions_list'>('GET', '/sessions', {
    query: { ...kept, state: 'finished' },
  });
  const found = sessions.find(({ recording, kind }) => recording === 'full' && kind === 'simulated');
  if (found !== undefined) return found.id;
  const { id } = await ask<'Sessions_create'>('POST', '/sessions', { body: kept });
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const { state } = await ask<'Sessions_get'>('GET', `/sessions/${id}`);
    if (state !== 'queued' && state !== 'running') break;
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
  return id;
}

/** The first SMI. */
async function inSmi(): Promise<TourPlace> {
  const id = await smiSession();
  const { position } = await ask<'Travel_seek'>('GET', `/sessions/${id}/seek`, {
    query: { from: 0, type: 'SmmEntered' },
  });
  if (position === null) return { to: `/sessions/${id}`, missing: null };
  const from = Math.max(1, position - AROUND.before);
  return { to: `/sessions/${id}?at=${position}&window=${from}-${position + AROUND.behind}`, missing: null };
}

export const TOUR: readonly TourStep[] = [
  {
    title: 'A guest boots while every root is dropped',
    text: 'In April 2023 a patch was posted that keeps TDP MMU roots until they are invalidated. Its author measured 15 root allocations where there had been 100,000, and 4 s to the console instead of 30 s. This table is his experiment, run here: his figures below ours.',
    about: '.experiment',
    place: () => Promise.resolve({ to: '/sessions', missing: null }),
  },
  {
    title: 'The churn',
    text: 'This is v5.18, before the patch. Every green line of the strip at the top is roots being allocated, zapped and freed; below are the roots, threads and locks. Turn the wheel or press W and S to zoom, A and D to pan.',
    about: '.minimap',
    place: inBoot,
  },
  {
    title: 'What an SMI does to a root',
    text: 'A small run of the same kernel, every event kept. The vCPU enters SMM: its role changes, its context is reset, the last reference of its root is put, and the root goes to the zap worker with all its pages. Press . to step and , to step back: the state at the right marks what changed, the code below stands at the step that did it.',
    about: '.state-pane',
    place: inSmi,
  },
  {
    title: 'And was the patch right?',
    text: 'Ten days later a fuzzer found two bugs in that very draft. Explore searches every interleaving of a small case: press Explore, and it draws the use-after-free of the draft at the destruction of a VM, with a recipe for a real kernel. The same in v6.4 holds.',
    about: '.explore-start',
    place: () =>
      Promise.resolve({ to: '/explore?litmus=v-d&protocol=seed-draft&transplant=v6.4', missing: null }),
  },
];
