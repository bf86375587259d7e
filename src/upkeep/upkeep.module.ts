// /api/v1/store: checks and backups of the whole store.
import {
  type BeforeApplicationShutdown,
  Body,
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  Param,
  Post,
  Res,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { MAX_VERIFICATIONS_LISTED } from '../config/limits.js';
import { LOG, type Log } from '../http/log.js';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { ZodPipe } from '../http/zod.pipe.js';
import { SqliteEventStore } from '../store/sqlite/sqlite-event-store.js';
import { BackupService } from './backup.service.js';
import * as schemas from './upkeep.schemas.js';
import { VerificationService } from './verification.service.js';
import type { VerificationView } from './verification.types.js';

const ID = { id: 'id of the verification' };
const NAMED = { name: 'Verification', schema: schemas.verification };

@ApiTags('store')
@Controller('api/v1/store/verifications')
export class VerificationsController {
  constructor(@Inject(VerificationService) private readonly verifications: VerificationService) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @Route({
    summary: 'Check the whole store; one check runs at a time',
    body: { name: 'CreateVerification', schema: schemas.createVerification, required: false },
    answer: { status: 202, description: 'the check, under way', ...NAMED },
    headers: { Location: 'address of the check' },
    problems: [409, 413, 415, 503],
  })
  async create(
    @Body(new ZodPipe(schemas.createVerification, 'body')) body: z.output<typeof schemas.createVerification>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<VerificationView> {
    const started = await this.verifications.start(body.deep);
    void reply.header('Location', `/api/v1/store/verifications/${started.id}`);
    return started;
  }

  @Get()
  @Route({
    summary: `The last ${MAX_VERIFICATIONS_LISTED} checks, newest first`,
    answer: { status: 200, description: 'checks', name: 'Verifications', schema: schemas.verifications },
  })
  async list(): Promise<{ verifications: VerificationView[] }> {
    return { verifications: await this.verifications.list(MAX_VERIFICATIONS_LISTED) };
  }

  @Get(':id')
  @Route({
    summary: 'One check: how far it is, or what it found',
    params: ID,
    answer: { status: 200, description: 'the check', ...NAMED },
    problems: [404],
  })
  async get(@Param('id') id: string): Promise<VerificationView> {
    return (await this.verifications.get(id)) ?? notFound(id);
  }

  @Post(':id/cancel')
  @HttpCode(HttpStatus.OK)
  @Route({
    summary: 'Stop a check; one that has come to its end keeps its result',
    params: ID,
    answer: { status: 200, description: 'the check', ...NAMED },
    problems: [404],
  })
  async cancel(@Param('id') id: string): Promise<VerificationView> {
    return (await this.verifications.cancel(id)) ?? notFound(id);
  }
}

@ApiTags('store')
@Controller('api/v1/store/backup')
export class BackupController {
  constructor(@Inject(BackupService) private readonly backups: BackupService) {}

  @Get()
  @Route({
    summary: 'The whole store as one file, while it is written to; one at a time',
    description:
      'A tar: backup.json, rootline.sqlite, events.sqlite. `rootline restore FILE --data DIR` takes it back.',
    answer: { status: 200, description: 'the file' },
    binary: 'application/x-tar',
    headers: { 'Content-Disposition': 'a name for the file' },
    problems: [409, 503, 507],
  })
  async get(@Res() reply: FastifyReply): Promise<void> {
    const { stream, bytes, createdAt } = await this.backups.start();
    const name = `rootline-${createdAt.replaceAll(/[:.]/g, '-')}.tar`;
    void reply
      .type('application/x-tar')
      .header('content-length', bytes)
      .header('content-disposition', `attachment; filename="${name}"`)
      .send(stream);
  }
}

function notFound(id: string): never {
  throw new Problem(404, 'verification-not-found', `there is no verification ${id}`);
}

@Injectable()
class UpkeepLife implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(VerificationService) private readonly verifications: VerificationService,
    @Inject(BackupService) private readonly backups: BackupService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.verifications.recover();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.verifications.stop(), this.backups.stop()]);
  }
}

@Module({
  controllers: [VerificationsController, BackupController],
  providers: [
    {
      provide: BackupService,
      useFactory: (store: SqliteEventStore) => new BackupService(store.dataDir),
      inject: [SqliteEventStore],
    },
    {
      provide: VerificationService,
      useFactory: (store: SqliteEventStore, log: Log) =>
        new VerificationService({
          dataDir: store.dataDir,
          jobs: store.jobs,
          log: (message) => log.warn(message),
        }),
      inject: [SqliteEventStore, LOG],
    },
    UpkeepLife,
  ],
})
export class UpkeepModule {}
