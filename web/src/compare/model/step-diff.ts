// Steps of one function in two protocols, as a reviewer reads a patch: what goes and what comes, in order, without what stays.

export interface Step {
  readonly label: string;
  readonly asks: string;
}

export interface Line {
  readonly sign: '−' | '+';
  readonly label: string;
  readonly asks: string;
}

const same = (a: Step, b: Step): boolean => a.label === b.label && a.asks === b.asks;

/** By the longest run of steps that both have in order. */
export function stepDiff(before: readonly Step[], after: readonly Step[]): Line[] {
  const longest = before.map(() => new Uint16Array(after.length + 1));
  longest.push(new Uint16Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      longest[i][j] = same(before[i], after[j])
        ? longest[i + 1][j + 1] + 1
        : Math.max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && same(before[i], after[j])) {
      i++;
      j++;
    } else if (j >= after.length || (i < before.length && longest[i + 1][j] >= longest[i][j + 1])) {
      lines.push({ sign: '−', label: before[i].label, asks: before[i].asks });
      i++;
    } else {
      lines.push({ sign: '+', label: after[j].label, asks: after[j].asks });
      j++;
    }
  }
  return lines;
}
