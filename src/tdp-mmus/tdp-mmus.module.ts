// The TDP MMUs of a session as they stand, one a VM: /api/v1/sessions/{id}/tdp-mmus. A root is listed from its birth
// until RCU has freed it, with its role in words, its references and who holds them.
import { Controller, Get, Inject, Module, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { BadInput } from '../core/base/errors.js';
import type { StateView } from '../core/projections/state.js';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { ZodPipe } from '../http/zod.pipe.js';
import * as blameSchemas from '../sessions/blame.schemas.js';
import type { When } from '../sessions/inspection/when.js';
import type { InspectionService } from '../sessions/inspection.service.js';
import { INSPECTIONS } from '../sessions/sessions.tokens.js';
import * as schemas from '../sessions/state.schemas.js';
import { findPart, whereOf } from '../sessions/state-part.js';

const WHEN = new ZodPipe(schemas.when, 'query');
const ID = { id: 'id of the session' };
type EntriesQuery = z.output<typeof schemas.whenWithEntries>;
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
    query: schemas.when,
    answer: { status: 200, description: 'one for each VM', name: 'TdpMmus', schema: schemas.tdpMmus },
    problems: [404, 422, 429],
  })
  async list(@Param('id') id: string, @Query(WHEN) when: When) {
    const state = await this.inspections.state(id, when);
    return { ...whereOf(state), tdpMmus: tdpMmusOf(state) };
  }

  @Get(':vm')
  @Route({
    summary: 'The TDP MMU of one VM',
    params: VM,
    query: schemas.when,
    answer: { status: 200, description: 'its roots', name: 'TdpMmu', schema: schemas.oneTdpMmu },
    problems: [404, 422, 429],
  })
  async get(@Param('id') id: string, @Param('vm') vm: string, @Query(WHEN) when: When) {
    const state = await this.inspections.state(id, when);
    return { ...whereOf(state), ...findPart('vm', tdpMmusOf(state), (mmu) => mmu.vm, vm) };
  }

  @Get(':vm/roots')
  @Route({
    summary: 'Roots of one VM: role, refcount, holders',
    params: VM,
    query: schemas.when,
    answer: { status: 200, description: 'roots by birth', name: 'Roots', schema: schemas.roots },
    problems: [404, 422, 429],
  })
  async roots(@Param('id') id: string, @Param('vm') vm: string, @Query(WHEN) when: When) {
    const state = await this.inspections.state(id, when);
    const { roots } = findPart('vm', tdpMmusOf(state), (mmu) => mmu.vm, vm);
    return { ...whereOf(state), roots };
  }

  @Get(':vm/roots/:root')
  @Route({
    summary: 'One root',
    params: { ...VM, root: 'number of the root by birth' },
    query: schemas.whenWithEntries,
    answer: { status: 200, description: 'the root', name: 'Root', schema: schemas.oneRoot },
    problems: [404, 422, 429],
  })
  async root(
    @Param('id') id: string,
    @Param('vm') vm: string,
    @Param('root') root: string,
    @Query(new ZodPipe(schemas.whenWithEntries, 'query')) query: EntriesQuery,
  ) {
    const { entries: skip, limit, ...when } = query;
    const state = await this.inspections.state(id, when);
    const { roots } = findPart('vm', tdpMmusOf(state), (mmu) => mmu.vm, vm);
    const found = findPart('root', roots, (r) => r.root, root);
    if (skip === undefined) return { ...whereOf(state), ...found };
    // The same position, also where the session has gone on since.
    const { entries, next } = await this.inspections.ask('entries', {
      sessionId: id,
      when: { at: state.position },
      of: { vm: found.vm, root: found.root },
      skip,
      limit,
    });
    return { ...whereOf(state), ...found, entries, nextEntry: next };
  }

  @Get(':vm/roots/:root/ledger')
  @Route({
    summary: 'Who holds, and held, a root: every reference from the event that took it to the put',
    description:
      'A leak is a reference that nobody is left to give back; the missing or surplus put is named with its owner. Roots that ' +
      'were freed have a ledger too.',
    params: { ...VM, root: 'number of the root by birth' },
    query: blameSchemas.ledgerQuery,
    answer: { status: 200, description: 'the ledger', name: 'Ledger', schema: blameSchemas.ledger },
    problems: [404, 422, 429],
  })
  async ledger(
    @Param('id') id: string,
    @Param('vm') vm: string,
    @Param('root') root: string,
    @Query(new ZodPipe(blameSchemas.ledgerQuery, 'query')) query: z.output<typeof blameSchemas.ledgerQuery>,
  ) {
    const { limit, events, ...when } = query;
    const of = { vm: pathNumber('vm', vm), root: pathNumber('root', root) };
    return await this.inspections
      .ask('ledger', { sessionId: id, ...of, when, limit, events })
      .catch((error: unknown) => {
        const unknown = error instanceof BadInput && error.code === 'unknown-root';
        throw unknown ? new Problem(404, error.code, error.message, error.expected) : error;
      });
  }
}

/** A number in the address: anything else names nothing. */
function pathNumber(what: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Problem(404, `${what}-not-found`, `there is no ${what} ${text}; expected a whole number`);
}

@Module({ controllers: [TdpMmusController] })
export class TdpMmusModule {}
