// The store as a NestJS module: opens the data folder when the application starts, closes it last.
import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type OpenOptions, openEventStore } from './sqlite/open-event-store.js';
import { SqliteEventStore } from './sqlite/sqlite-event-store.js';

/** Token of the `EventStore` port. */
export const EVENT_STORE = Symbol('EventStore');
/** Token of the `JobStore` port. */
export const JOB_STORE = Symbol('JobStore');
/** Token of the `NoteStore` port. */
export const NOTE_STORE = Symbol('NoteStore');

/** Token of the `SweepStore` port. */
export const SWEEP_STORE = Symbol('SweepStore');
/** Token of the `AnswerStore` port. */
export const ANSWER_STORE = Symbol('AnswerStore');

/** Finishes what was accepted, checkpoints, gives the folder back. */
@Injectable()
class StoreShutdown implements OnApplicationShutdown {
  constructor(@Inject(SqliteEventStore) private readonly store: SqliteEventStore) {}

  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}

@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest wants a class.
export class StoreModule {
  static forRoot(dataDir: string, options: OpenOptions = {}): DynamicModule {
    return {
      module: StoreModule,
      global: true,
      providers: [
        { provide: SqliteEventStore, useFactory: () => openEventStore(dataDir, options) },
        { provide: EVENT_STORE, useExisting: SqliteEventStore },
        {
          provide: NOTE_STORE,
          useFactory: (store: SqliteEventStore) => store.notes,
          inject: [SqliteEventStore],
        },
        {
          provide: JOB_STORE,
          useFactory: (store: SqliteEventStore) => store.jobs,
          inject: [SqliteEventStore],
        },
        {
          provide: SWEEP_STORE,
          useFactory: (store: SqliteEventStore) => store.sweeps,
          inject: [SqliteEventStore],
        },
        {
          provide: ANSWER_STORE,
          useFactory: (store: SqliteEventStore) => store.answers,
          inject: [SqliteEventStore],
        },
        StoreShutdown,
      ],
      exports: [SqliteEventStore, EVENT_STORE, JOB_STORE, ANSWER_STORE, NOTE_STORE, SWEEP_STORE],
    };
  }
}
