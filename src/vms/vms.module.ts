// VMs of a session as they stand: /api/v1/sessions/{id}/vms.
import { Controller, Get, Inject, Module, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Route } from '../http/openapi.decorators.js';
import { ZodPipe } from '../http/zod.pipe.js';
import type { When } from '../sessions/inspection/when.js';
import type { InspectionService } from '../sessions/inspection.service.js';
import { INSPECTIONS } from '../sessions/sessions.tokens.js';
import * as schemas from '../sessions/state.schemas.js';
import { findPart, whereOf } from '../sessions/state-part.js';

const WHEN = new ZodPipe(schemas.when, 'query');
const ID = { id: 'id of the session' };

@ApiTags('vms')
@Controller('api/v1/sessions/:id/vms')
export class VmsController {
  constructor(@Inject(INSPECTIONS) private readonly inspections: InspectionService) {}

  @Get()
  @Route({
    summary: 'VMs with their memslots and workqueue',
    params: ID,
    query: schemas.when,
    answer: { status: 200, description: 'all VMs', name: 'Vms', schema: schemas.vms },
    problems: [404, 422, 429],
  })
  async list(@Param('id') id: string, @Query(WHEN) when: When) {
    const state = await this.inspections.state(id, when);
    return { ...whereOf(state), vms: state.vms };
  }

  @Get(':vm')
  @Route({
    summary: 'One VM',
    params: { ...ID, vm: 'number of the VM' },
    query: schemas.when,
    answer: { status: 200, description: 'the VM', name: 'Vm', schema: schemas.oneVm },
    problems: [404, 422, 429],
  })
  async get(@Param('id') id: string, @Param('vm') vm: string, @Query(WHEN) when: When) {
    const state = await this.inspections.state(id, when);
    return { ...whereOf(state), ...findPart('vm', state.vms, (v) => v.vm, vm) };
  }
}

@Module({ controllers: [VmsController] })
export class VmsModule {}
