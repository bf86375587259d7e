// Compiles disk-shim.c for the tests that preload it; null where there is no C compiler.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./disk-shim.c', import.meta.url));

export function compileDiskShim(folder: string): string | null {
  if (process.platform !== 'linux') return null;
  const shim = join(folder, 'disk-shim.so');
  for (const compiler of ['cc', 'gcc']) {
    const args = ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', shim, SOURCE, '-ldl'];
    const { error, status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
    if (error !== undefined) continue;
    if (status !== 0) throw new Error(`disk-shim.c does not compile: ${stderr}`);
    return shim;
  }
  return null;
}
