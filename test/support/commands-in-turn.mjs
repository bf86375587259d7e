// Runs commands of the compiled command line one behind the other in this process. Reads a JSON list of argument lists on
// stdin, writes a JSON list of { code, stdout, stderr }. A test of forty refused commands starts Node once.
import { readFileSync } from 'node:fs';
import { runCommand } from '../../dist/src/cli/run-command.js';

const write = process.stdout.write.bind(process.stdout);
const ended = [];
for (const argv of JSON.parse(readFileSync(0, 'utf8'))) {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    process[name].write = (text) => {
      said[name] += text;
      return true;
    };
  const code = await runCommand(argv);
  ended.push({ code, ...said });
}
write(JSON.stringify(ended));
