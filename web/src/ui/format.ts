// Numbers and times as text, the same everywhere: thousands with commas, virtual time with the unit that fits.

export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Many, in few letters: 821 k, 9.9 M. */
export function roughCount(n: number): string {
  if (n < 10_000) return count(n);
  if (n < 1_000_000) return `${Math.round(n / 1_000)} k`;
  if (n < 10_000_000) return `${(n / 1_000_000).toFixed(1)} M`;
  return `${count(Math.round(n / 1_000_000))} M`;
}

export function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(2)} s`;
}

/** Virtual time with the unit that suits its size; `stepNs` is the least difference that must show. */
export function time(ns: number, stepNs = 0): string {
  const [unit, name] = ns >= 1e9 ? [1e9, 's'] : ns >= 1e6 ? [1e6, 'ms'] : ns >= 1e3 ? [1e3, 'µs'] : [1, 'ns'];
  const digits = stepNs > 0 ? Math.max(0, Math.ceil(Math.log10(unit / stepNs))) : unit === 1 ? 0 : 3;
  const text = (ns / unit).toFixed(Math.min(9, digits));
  const [whole, part] = text.split('.');
  return `${count(Number(whole))}${part === undefined ? '' : `.${part}`} ${name}`;
}

export function bytes(n: number): string {
  if (n < 1024 ** 2) return `${(n / 1024).toFixed(0)} KiB`;
  if (n < 1024 ** 3) return `${(n / 1024 ** 2).toFixed(1)} MiB`;
  return `${(n / 1024 ** 3).toFixed(1)} GiB`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
