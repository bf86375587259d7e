// What can be said about the arguments before a command is known.

/** `rootline --data DIR --json run ...` means what `rootline run ... --data DIR --json` does. */
export function optionsBehindCommand(argv: readonly string[]): string[] {
  let at = 0;
  while (at < argv.length) {
    if (argv[at] === '--json' || argv[at]!.startsWith('--data=')) at += 1;
    else if (argv[at] === '--data' && at + 1 < argv.length) at += 2;
    else break;
  }
  return at === argv.length ? [...argv] : [...argv.slice(at), ...argv.slice(0, at)];
}
