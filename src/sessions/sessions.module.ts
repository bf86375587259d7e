// Sessions, their events and findings.
import { Module } from '@nestjs/common';
import { BlameController } from './blame.controller.js';
import { EventsController } from './events.controller.js';
import { AggregateCommandsController } from './live/aggregate-commands.controller.js';
import { LiveCommandsController } from './live/live-commands.controller.js';
import { LiveCommands } from './live/live-commands.service.js';
import { NotesController } from './notes.controller.js';
import { ReplayController } from './replay.controller.js';
import { SessionsController } from './sessions.controller.js';
import { TravelController } from './travel.controller.js';

@Module({
  controllers: [
    SessionsController,
    LiveCommandsController,
    AggregateCommandsController,
    ReplayController,
    EventsController,
    TravelController,
    BlameController,
    NotesController,
  ],
  providers: [LiveCommands],
})
export class SessionsModule {}
