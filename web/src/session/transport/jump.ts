// What is typed into the jump field: a position (1471, 1,471) or a virtual time (18.2ms, 3 s, 74600ns).
const UNITS: { readonly [unit: string]: number } = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };

export type JumpTarget = { readonly kind: 'position' | 'time'; readonly value: number };

export function jumpTarget(text: string): JumpTarget | null {
  const [, digits, unit] = /^\s*([\d,]+(?:\.\d+)?)\s*(ns|us|µs|ms|s)?\s*$/.exec(text) ?? [];
  if (digits === undefined) return null;
  const value = Number(digits.replaceAll(',', ''));
  if (!Number.isFinite(value)) return null;
  if (unit !== undefined) return { kind: 'time', value: Math.round(value * UNITS[unit]) };
  return Number.isInteger(value) ? { kind: 'position', value } : null;
}
