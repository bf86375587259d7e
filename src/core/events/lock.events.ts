// Locks, RCU, SRCU. `mode` is LOCK_MODE: 1 read, 2 write (also for spinlocks and mutexes).
import { event } from './define.js';

export const LOCK_MODE = { read: 1, write: 2 } as const;

export const lockEvents = [
  event(
    32,
    'LockContended',
    'lock',
    ['mode', 'readers', 'writer'],
    'lifecycle',
    'the thread has to wait; who holds it',
  ),
  event(33, 'LockAcquired', 'lock', ['mode', 'waited'], 'full', 'waited = 1 after a LockContended'),
  event(34, 'LockReleased', 'lock', ['mode'], 'full', ''),
  event(
    35,
    'LockYielded',
    'lock',
    ['mode', 'waiting', 'progress'],
    'lifecycle',
    'cond_resched: released for a waiter; progress = 1 + gfns that the walk went on since it last yielded, 0: not told',
  ),

  event(88, 'RcuReadLocked', 'thread', ['nesting'], 'full', 'nesting after it'),
  event(89, 'RcuReadUnlocked', 'thread', ['nesting'], 'full', 'nesting after it'),
  event(
    90,
    'RcuGracePeriodStarted',
    'machine',
    ['waitsFor', 'callbacks'],
    'full',
    'read sections it waits for',
  ),
  event(91, 'RcuGracePeriodEnded', 'machine', ['callbacks'], 'full', 'callbacks that may run now'),
  event(92, 'SrcuReadLocked', 'thread', ['vm'], 'full', ''),
  event(93, 'SrcuReadUnlocked', 'thread', ['vm'], 'full', ''),
  event(94, 'SrcuSyncStarted', 'vm', ['waitsFor'], 'full', 'synchronize_srcu_expedited'),
  event(95, 'SrcuSyncEnded', 'vm', [], 'full', ''),
] as const;
