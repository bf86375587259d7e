// vCPUs of a session as they stand: /api/v1/sessions/{id}/vcpus.
import { Controller, Get, Inject, Module, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Route } from '../http/openapi.decorators.js';
import { ZodPipe } from '../http/zod.pipe.js';
import type { When } from '../sessions/inspection/when.js';
import type { InspectionService } from '../sessions/inspection.service.js';
import { INSPECTIONS } from '../sessions/sessions.tokens.js';
import * as schemas from '../sessions/state.schemas.js';
import { findPart, whereOf } from '../sessions/state-part.js';

const WHEN = new ZodPipe(schemas.when, 'query');
type EntriesQuery = z.output<typeof schemas.whenWithEntries>;
const ID = { id: 'id of the session' };

@ApiTags('vcpus')
@Controller('api/v1/sessions/:id/vcpus')
export class VcpusController {
  constructor(@Inject(INSPECTIONS) private readonly inspections: InspectionService) {}

  @Get()
  @Route({
    summary: 'vCPUs with their role and root slots',
    params: ID,
    query: schemas.when,
    answer: { status: 200, description: 'all vCPUs', name: 'Vcpus', schema: schemas.vcpus },
    problems: [404, 422, 429],
  })
  async list(@Param('id') id: string, @Query(WHEN) when: When) {
    const state = await this.inspections.state(id, when);
    return { ...whereOf(state), vcpus: state.vcpus };
  }

  @Get(':vcpu')
  @Route({
    summary: 'One vCPU',
    params: { ...ID, vcpu: 'number of the vCPU' },
    query: schemas.whenWithEntries,
    answer: { status: 200, description: 'the vCPU', name: 'Vcpu', schema: schemas.oneVcpu },
    problems: [404, 422, 429],
  })
  async get(
    @Param('id') id: string,
    @Param('vcpu') vcpu: string,
    @Query(new ZodPipe(schemas.whenWithEntries, 'query')) query: EntriesQuery,
  ) {
    const { entries: skip, limit, ...when } = query;
    const state = await this.inspections.state(id, when);
    const found = findPart('vcpu', state.vcpus, (v) => v.vcpu, vcpu);
    if (skip === undefined) return { ...whereOf(state), ...found };
    const { entries, next } = await this.inspections.ask('entries', {
      sessionId: id,
      when: { at: state.position },
      of: { vcpu: found.vcpu },
      skip,
      limit,
    });
    return { ...whereOf(state), ...found, entries, nextEntry: next };
  }
}

@Module({ controllers: [VcpusController] })
export class VcpusModule {}
