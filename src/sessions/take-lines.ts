// The first lines of a stream of blocks, each block holding whole lines.
const NEWLINE = 10;

export async function* takeLines(
  blocks: AsyncIterable<Uint8Array>,
  lines: number,
): AsyncGenerator<Uint8Array> {
  let left = lines;
  if (left <= 0) return;
  for await (const block of blocks) {
    let end = 0;
    while (left > 0 && end < block.length) {
      const at = block.indexOf(NEWLINE, end);
      end = at < 0 ? block.length : at + 1;
      left--;
    }
    yield block.subarray(0, end);
    if (left === 0) return;
  }
}
