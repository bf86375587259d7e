// A user's kernel tree beside procedures. The C here is made up: it has the names and the layout of the kernel's, not its text.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BadInput } from '../../../src/core/base/errors.js';
import { findFunction } from '../../../src/core/c-text/c-function.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { LinuxTree } from '../../../src/linux-tree/linux-tree.js';

const FILE = 'arch/x86/kvm/mmu/tdp_mmu.c';
const PUT = `
void kvm_tdp_mmu_put_root(struct kvm *kvm, struct kvm_mmu_page *root,
			  bool shared);

static int other(struct kvm *kvm)
{
	kvm_tdp_mmu_put_root(kvm, NULL, true);
	return 0;
}

/* Not the text of any kernel. */
void
kvm_tdp_mmu_put_root(struct kvm *kvm, struct kvm_mmu_page *root,
		     bool shared)
{
	lockdep_assert_held(&kvm->mmu_lock);
	if (!refcount_dec_and_test(&root->refs)) /* { */
		return;

	spin_lock(&kvm->pages_lock);
	list_del_rcu(&root->link);
	spin_unlock(&kvm->pages_lock);
	call_rcu(&root->rcu_head, done);
}
`;

const folder = mkdtempSync(join(tmpdir(), 'rootline-linux-'));
const git = (...args: string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
    encoding: 'utf8',
  });
const put = findProtocol('v6.4').procedures.find(({ name }) => name === 'kvm_tdp_mmu_put_root')!;
const TAG = 'v6.4';

beforeAll(() => {
  for (const path of ['arch/x86/kvm/mmu', 'virt/kvm']) mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(
    join(folder, 'Makefile'),
    'VERSION = 6\nPATCHLEVEL = 4\nSUBLEVEL = 7\nEXTRAVERSION = -mine\n',
  );
  writeFileSync(join(folder, FILE), PUT);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('finds the definition, not its declaration or a call', () => {
  const found = findFunction(PUT, 'kvm_tdp_mmu_put_root')!;
  expect([found.lines[0], found.lines.at(-1), found.firstLine]).toEqual(['void', '}', 12]);
  expect(findFunction(PUT, 'other')!.lines).toHaveLength(5);
  expect(findFunction(PUT, 'put_root')).toBeNull();
});

it('puts labelled steps beside the lines that have their names', () => {
  const { found, steps, comparison } = new LinuxTree(folder).beside(put, 'v6.4');
  const beside = Object.fromEntries(
    steps.map(({ label, line }) => [label, line === null ? null : found!.lines[line]!.trim()]),
  );
  expect(beside).toMatchObject({
    refcount_dec_and_test: 'if (!refcount_dec_and_test(&root->refs)) /* { */',
    spin_lock: 'spin_lock(&kvm->pages_lock);',
    list_del_rcu: 'list_del_rcu(&root->link);',
    spin_unlock: 'spin_unlock(&kvm->pages_lock);',
  });
  expect(comparison).toEqual({ verdict: 'unknown', why: expect.stringContaining(`no tag ${TAG}`) });
});

it('holds the text against the release that the steps were written for: comments and white space do not count', () => {
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'x');
  git('tag', TAG);
  const comparison = (text: string): object => {
    writeFileSync(join(folder, FILE), text);
    return new LinuxTree(folder).beside(put, 'v6.4').comparison;
  };
  expect(comparison(PUT.replace('/* { */', '').replaceAll('\t', '  '))).toEqual({
    verdict: 'same',
    release: TAG,
  });
  expect(comparison(PUT.replace('	list_del_rcu(&root->link);\n', ''))).toEqual({
    verdict: 'differs',
    release: TAG,
    changedLines: 1,
  });
  expect(comparison('')).toMatchObject({ verdict: 'unknown' });
  expect(new LinuxTree(folder).release).toBe('6.4.7-mine');
});

it('refuses a folder that is no tree', () => {
  expect(() => new LinuxTree(tmpdir())).toThrow(BadInput);
});
