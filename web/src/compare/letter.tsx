// A session's letter, in its colour and shape: A in a square, B in a circle, further ones in squares. The shape and the letter
// say it without the colour.

export function letterOf(index: number): string {
  return String.fromCharCode(65 + index);
}

export function Letter({ index }: { readonly index: number }) {
  return <span className={`letter side-${index}`}>{letterOf(index)}</span>;
}
