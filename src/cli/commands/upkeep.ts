// The commands that keep a store healthy: their options, and where each of them goes. A folder that nobody owns is looked
// at as it lies there; where a server owns it, the server is asked.
import type { Command, Option } from 'commander';
import type { VerificationProgress, VerificationResult } from '../../upkeep/verification.types.js';
import type { ExitCode } from '../exit-codes.js';
import { ProcessTerminal } from '../terminal.js';
import { backup, type OpenBackup, restore } from './backup.js';
import { verify } from './verify.js';

interface FolderOptions {
  readonly json?: boolean;
  readonly data: string;
}

export function addUpkeepCommands(
  add: (name: string, description: string) => Command,
  data: () => Option,
  ended: (code: number) => void,
): void {
  add('verify', 'check the whole store; names what is wrong and where')
    .option('--deep', 'hold every snapshot against the fold, not only the last of each session', false)
    .addOption(data())
    .action(async (options: FolderOptions & { readonly deep: boolean }) => {
      const terminal = new ProcessTerminal(options.json === true);
      const check = async (
        onProgress: (progress: VerificationProgress) => void,
      ): Promise<VerificationResult> => {
        // Loaded here only: most commands need no store.
        const { expectStore, serverOf } = await import('../backend/open-backend.js');
        const server = await serverOf(options.data);
        if (server !== null) return await server.verify(options.deep, onProgress);
        expectStore(options.data);
        const { verifyFolder } = await import('../../upkeep/verify-folder.js');
        // Never stopped from here: it has come to its end.
        return (await verifyFolder(options.data, options.deep, onProgress))!;
      };
      ended(await verify(check, terminal));
    });

  add('backup', 'write the whole store to one file, also while a server writes to it')
    .argument('<file>', 'must not exist')
    .addOption(data())
    .action(async (file: string, options: FolderOptions) => {
      const open: OpenBackup = async () => {
        const { expectStore, serverOf } = await import('../backend/open-backend.js');
        const server = await serverOf(options.data);
        if (server !== null) return { blocks: await server.backup(), done: async () => undefined };
        expectStore(options.data);
        const { backupFolder } = await import('../../upkeep/backup-folder.js');
        return await backupFolder(options.data);
      };
      ended(await backup(file, open, new ProcessTerminal(options.json === true)));
    });

  add('restore', 'make a store of a file that `rootline backup` wrote')
    .argument('<file>')
    .requiredOption('--data <dir>', 'a folder that is empty or not there yet')
    .action(async (file: string, options: FolderOptions): Promise<void> => {
      const { restoreFolder } = await import('../../upkeep/restore-folder.js');
      const code: ExitCode = await restore(
        file,
        options.data,
        restoreFolder,
        new ProcessTerminal(options.json === true),
      );
      ended(code);
    });
}
