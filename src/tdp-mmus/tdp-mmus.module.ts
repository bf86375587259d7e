// The TDP MMUs of a session as they stand, one a VM: /api/v1/sessions/{id}/tdp-mmus. A root is listed from its birth
// until RCU has freed it, with its role in words, its references and who holds them.
import { Controller, Get, Inject, Module, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Route } from '../http/openapi.decorators.js';
import type { StateView } from '../sessions/inspection/state-view.js';
import type { InspectionService } from '../sessions/inspection.service.js';
import { INSPECTIONS } from '../sessions/sessions.tokens.js';
import * as schemas from '../sessions/state.schemas.js';
import { findPart, whereOf } from '../sessions/state-part.js';

const ID = { id: 'id of the session' };
const VM = { ...ID, vm: 'number of the VM' };

function tdpMmusOf({ vms, roots }: StateView) {
  return vms.map(({ vm, mmuValidGen, tdpMmuPages }) => ({
    vm,
    mmuValidGen,
    tdpMmuPages,
    roots: roots.filter((root) => root.vm === vm),
  }));
}

@ApiTags('tdp-mmus')
@Controller('api/v1/sessions/:id/tdp-mmus')
export class TdpMmusController {
  constructor(@Inject(INSPECTIONS) private readonly inspections: InspectionService) {}

  @Get()
  @Route({
    summary: 'TDP MMUs with their roots',
    params: ID,
    answer: { status: 200, description: 'one for each VM', name: 'TdpMmus', schema: schemas.tdpMmus },
    problems: [404, 429],
  })
  async list(@Param('id') id: string) {
    const state = await this.inspections.state(id);
    return { ...whereOf(state), tdpMmus: tdpMmusOf(state) };
  }

  @Get(':vm')
  @Route({
    summary: 'The TDP MMU of one VM',
    params: VM,
    answer: { status: 200, description: 'its roots', name: 'TdpMmu', schema: schemas.oneTdpMmu },
    problems: [404, 429],
  })
  async get(@Param('id') id: string, @Param('vm') vm: string) {
    const state = await this.inspections.state(id);
    return { ...whereOf(state), ...findPart('vm', tdpMmusOf(state), (mmu) => mmu.vm, vm) };
  }

  @Get(':vm/roots')
  @Route({
    summary: 'Roots of one VM: role, refcount, holders',
    params: VM,
    answer: { status: 200, description: 'roots by birth', name: 'Roots', schema: schemas.roots },
    problems: [404, 429],
  })
  async roots(@Param('id') id: string, @Param('vm') vm: string) {
    const state = await this.inspections.state(id);
    const { roots } = findPart('vm', tdpMmusOf(state), (mmu) => mmu.vm, vm);
    return { ...whereOf(state), roots };
  }

  @Get(':vm/roots/:root')
  @Route({
    summary: 'One root',
    params: { ...VM, root: 'number of the root by birth' },
    answer: { status: 200, description: 'the root', name: 'Root', schema: schemas.oneRoot },
    problems: [404, 429],
  })
  async root(@Param('id') id: string, @Param('vm') vm: string, @Param('root') root: string) {
    const state = await this.inspections.state(id);
    const { roots } = findPart('vm', tdpMmusOf(state), (mmu) => mmu.vm, vm);
    return { ...whereOf(state), ...findPart('root', roots, (r) => r.root, root) };
  }
}

@Module({ controllers: [TdpMmusController] })
export class TdpMmusModule {}
