// /api/v1/experiments: published figures beside simulated ones. `forced-reset` is the founding experiment, for the page.
import { Controller, Get, HttpCode, HttpStatus, Inject, Module, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Experiment } from '../core/scenarios/experiments/experiment.js';
import {
  EXPERIMENT_NAMES,
  EXPERIMENTS,
  FOUNDING_EXPERIMENT,
  findExperiment,
} from '../core/scenarios/experiments/index.js';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import type { EventStore } from '../store/event-store.port.js';
import { EVENT_STORE } from '../store/store.module.js';
import * as schemas from './experiment.schemas.js';
import { type ExperimentStatus, experimentStatus, startExperiment } from './founding-experiment.js';
import { type ExperimentProgress, PublishedExperiments, startPublished } from './published-experiments.js';
import { rootPressureOf } from './root-pressure.js';
import type { SessionRunner } from './runner/session-runner.js';
import { RUNNER } from './sessions.tokens.js';

const NAME = { name: 'name of the experiment' };

function named(name: string): Experiment {
  const found = findExperiment(name);
  if (found !== undefined) return found;
  throw new Problem(
    404,
    'unknown-experiment',
    `unknown experiment "${name}"; expected one of: ${EXPERIMENT_NAMES.join(', ')}`,
    EXPERIMENT_NAMES,
  );
}

@ApiTags('experiments')
@Controller('api/v1/experiments')
export class ExperimentsController {
  private readonly published: PublishedExperiments;

  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(RUNNER) private readonly runner: SessionRunner,
  ) {
    this.published = new PublishedExperiments(store);
  }

  @Get()
  @Route({
    summary: 'Experiments: published figures that this build holds its model against',
    answer: { status: 200, description: 'all of them', name: 'Experiments', schema: schemas.list },
  })
  list() {
    return {
      experiments: [FOUNDING_EXPERIMENT, ...EXPERIMENTS].map(({ name, title, source }) => ({
        name,
        title,
        source,
      })),
    };
  }

  @Get('forced-reset')
  @Route({
    summary: "The founding experiment's table: the newest eight sessions beside the mail's figures",
    answer: { status: 200, description: 'as far as it is', name: 'Experiment', schema: schemas.founding },
  })
  async forcedReset(): Promise<ExperimentStatus> {
    return await experimentStatus(this.store);
  }

  @Get(':name')
  @Route({
    summary: 'One experiment: the newest session of each of its runs, and its figures once all have ended',
    params: NAME,
    answer: {
      status: 200,
      description: 'as far as it is',
      name: 'ExperimentProgress',
      schema: schemas.progress,
    },
    problems: [404, 429],
  })
  async progress(@Param('name') name: string): Promise<ExperimentProgress> {
    return await this.published.progress(named(name));
  }

  @Post(':name')
  @HttpCode(HttpStatus.ACCEPTED)
  @Route({
    summary: 'Start the runs of an experiment; ask GET how far they are',
    params: NAME,
    answer: { status: 202, description: 'ids of the sessions', name: 'Started', schema: schemas.started },
    problems: [404, 429, 503],
  })
  async start(@Param('name') name: string): Promise<{ readonly sessions: readonly string[] }> {
    if (name === FOUNDING_EXPERIMENT.name) return { sessions: await startExperiment(this.runner) };
    return { sessions: await startPublished(named(name), this.runner) };
  }
}

@ApiTags('sessions')
@Controller('api/v1/sessions/:id/root-pressure')
export class RootPressureController {
  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  @Get()
  @Route({
    summary: 'Most valid roots at once, waits for a root, zaps at once: from the stored events',
    params: { id: 'id of the session' },
    answer: { status: 200, description: 'up to now', name: 'RootPressure', schema: schemas.pressure },
    problems: [404, 429],
  })
  async pressure(@Param('id') id: string) {
    await this.store.getSession(id);
    return await rootPressureOf(this.store, id);
  }
}

@Module({ controllers: [ExperimentsController, RootPressureController] })
export class ExperimentsModule {}
