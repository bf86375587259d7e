// Sessions, their events and findings.
import { Module } from '@nestjs/common';
import { EventsController } from './events.controller.js';
import { ReplayController } from './replay.controller.js';
import { SessionsController } from './sessions.controller.js';
import { TravelController } from './travel.controller.js';

@Module({ controllers: [SessionsController, ReplayController, EventsController, TravelController] })
export class SessionsModule {}
