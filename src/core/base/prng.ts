// Deterministic random numbers: 32-bit xorshift-multiply (splitmix32), integers only.
// One named stream per consumer, so that a new consumer never shifts the numbers of the others.
// A stream is one word of the machine state: it is part of every snapshot and fork.

/** First state of the stream `name` under `seed`: FNV-1a over the name, mixed with the seed. */
export function streamSeed(seed: number, name: string): number {
  let h = 0x811c9dc5 ^ (seed | 0);
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return mix32(h ^ Math.floor(seed / 0x1_0000_0000));
}

/** Advances the stream held in `state[at]` and returns an unsigned 32-bit number. */
export function nextU32(state: Int32Array, at: number): number {
  const s = (state[at]! + 0x9e3779b9) | 0;
  state[at] = s;
  return mix32(s) >>> 0;
}

/** A number in [0, bound), unbiased enough for scheduling (multiply-shift); bound below 2^21. */
export function nextBelow(state: Int32Array, at: number, bound: number): number {
  return Math.floor((nextU32(state, at) * bound) / 0x1_0000_0000);
}

export function mix32(x: number): number {
  let z = x | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) | 0;
}
