// Sessions, their events and findings.
import { Module } from '@nestjs/common';
import type { EventStore } from '../store/event-store.port.js';
import { EVENT_STORE } from '../store/store.module.js';
import type { ProtocolFolder } from '../user-protocols/protocol-folder.js';
import { BlameController } from './blame.controller.js';
import { CheckController } from './check.controller.js';
import { EventsController } from './events.controller.js';
import { ForksController } from './forks.controller.js';
import { Forks } from './forks.js';
import type { InspectionService } from './inspection.service.js';
import { AggregateCommandsController } from './live/aggregate-commands.controller.js';
import { LiveCommandsController } from './live/live-commands.controller.js';
import { LiveCommands } from './live/live-commands.service.js';
import { NotesController } from './notes.controller.js';
import { ReplayController } from './replay.controller.js';
import type { SessionRunner } from './runner/session-runner.js';
import { SessionsController } from './sessions.controller.js';
import { INSPECTIONS, PROTOCOL_FOLDER, RUNNER } from './sessions.tokens.js';
import { TravelController } from './travel.controller.js';

@Module({
  controllers: [
    SessionsController,
    ForksController,
    LiveCommandsController,
    AggregateCommandsController,
    ReplayController,
    CheckController,
    EventsController,
    TravelController,
    BlameController,
    NotesController,
  ],
  providers: [
    LiveCommands,
    {
      provide: Forks,
      useFactory: (
        store: EventStore,
        runner: SessionRunner,
        inspections: InspectionService,
        folder: ProtocolFolder,
      ) => new Forks(store, runner, inspections, (id) => folder.text(id)),
      inject: [EVENT_STORE, RUNNER, INSPECTIONS, PROTOCOL_FOLDER],
    },
  ],
})
export class SessionsModule {}
