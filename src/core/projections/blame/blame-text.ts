// Changes of a field for a terminal or a mail: at most 100 columns.
import { callersText, clip, placeText } from '../place-text.js';
import { NOT_RECORDED } from '../words.js';
import type { Blame, BlameChange } from './blame.js';

const WIDTH = 100;

export function blameText(blame: Blame): string[] {
  const { path, at, value, outcome, changes, next } = blame;
  const lines = [clip(`${path} at position ${at}: ${valueText(value)}`, WIDTH)];
  if (outcome === NOT_RECORDED)
    return [...lines, 'not recorded at this level (lifecycle): who changed it is not known'];
  if (outcome === 'never') lines.push('never changed by then');
  for (const change of changes) lines.push('', ...changeText(change));
  if (next !== null) {
    const what = outcome === 'more' ? 'the search was bounded; it goes on' : 'older changes';
    lines.push('', `${what} with --at ${next}`);
  }
  return lines;
}

function changeText({ before, after, at, event }: BlameChange): string[] {
  const callers = callersText(at, WIDTH - 13);
  return [
    clip(`  ${valueText(before)} -> ${valueText(after)}`, WIDTH),
    `  ${clip(placeText(at), WIDTH - 2)}`,
    ...(callers === '' ? [] : [`${' '.repeat(11)}${callers}`]),
    `${' '.repeat(11)}${clip(event, WIDTH - 11)}`,
  ];
}

function valueText(value: unknown): string {
  if (value === null) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
