// VMs of a session as they stand: /api/v1/sessions/{id}/vms.
import { Controller, Get, Inject, Module, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Route } from '../http/openapi.decorators.js';
import type { InspectionService } from '../sessions/inspection.service.js';
import { INSPECTIONS } from '../sessions/sessions.tokens.js';
import * as schemas from '../sessions/state.schemas.js';
import { findPart, whereOf } from '../sessions/state-part.js';

const ID = { id: 'id of the session' };

@ApiTags('vms')
@Controller('api/v1/sessions/:id/vms')
export class VmsController {
  constructor(@Inject(INSPECTIONS) private readonly inspections: InspectionService) {}

  @Get()
  @Route({
    summary: 'VMs with their memslots and workqueue',
    params: ID,
    answer: { status: 200, description: 'all VMs', name: 'Vms', schema: schemas.vms },
    problems: [404, 429],
  })
  async list(@Param('id') id: string) {
    const state = await this.inspections.state(id);
    return { ...whereOf(state), vms: state.vms };
  }

  @Get(':vm')
  @Route({
    summary: 'One VM',
    params: { ...ID, vm: 'number of the VM' },
    answer: { status: 200, description: 'the VM', name: 'Vm', schema: schemas.oneVm },
    problems: [404, 429],
  })
  async get(@Param('id') id: string, @Param('vm') vm: string) {
    const state = await this.inspections.state(id);
    return { ...whereOf(state), ...findPart('vm', state.vms, (v) => v.vm, vm) };
  }
}

@Module({ controllers: [VmsController] })
export class VmsModule {}
