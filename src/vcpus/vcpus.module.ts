// vCPUs of a session as they stand: /api/v1/sessions/{id}/vcpus.
import { Controller, Get, Inject, Module, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Route } from '../http/openapi.decorators.js';
import type { InspectionService } from '../sessions/inspection.service.js';
import { INSPECTIONS } from '../sessions/sessions.tokens.js';
import * as schemas from '../sessions/state.schemas.js';
import { findPart, whereOf } from '../sessions/state-part.js';

const ID = { id: 'id of the session' };

@ApiTags('vcpus')
@Controller('api/v1/sessions/:id/vcpus')
export class VcpusController {
  constructor(@Inject(INSPECTIONS) private readonly inspections: InspectionService) {}

  @Get()
  @Route({
    summary: 'vCPUs with their role and root slots',
    params: ID,
    answer: { status: 200, description: 'all vCPUs', name: 'Vcpus', schema: schemas.vcpus },
    problems: [404, 429],
  })
  async list(@Param('id') id: string) {
    const state = await this.inspections.state(id);
    return { ...whereOf(state), vcpus: state.vcpus };
  }

  @Get(':vcpu')
  @Route({
    summary: 'One vCPU',
    params: { ...ID, vcpu: 'number of the vCPU' },
    answer: { status: 200, description: 'the vCPU', name: 'Vcpu', schema: schemas.oneVcpu },
    problems: [404, 429],
  })
  async get(@Param('id') id: string, @Param('vcpu') vcpu: string) {
    const state = await this.inspections.state(id);
    return { ...whereOf(state), ...findPart('vcpu', state.vcpus, (v) => v.vcpu, vcpu) };
  }
}

@Module({ controllers: [VcpusController] })
export class VcpusModule {}
