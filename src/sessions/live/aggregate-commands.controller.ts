// The same commands, addressed to a VM or a vCPU of a live session: /vms/{vm}/commands and /vcpus/{vcpu}/commands.
import { Body, Controller, Headers, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Idempotent } from '../../http/idempotency.js';
import { Route } from '../../http/openapi.decorators.js';
import { Problem } from '../../http/problem.js';
import * as schemas from './command.schemas.js';
import { COMMAND_ROUTE, IF_MATCH } from './command-route.js';
import { type CommandAnswer, LiveCommands } from './live-commands.service.js';

const ID = { id: 'id of the session' };

@ApiTags('live sessions')
@Controller('api/v1/sessions/:id')
export class AggregateCommandsController {
  constructor(@Inject(LiveCommands) private readonly commands: LiveCommands) {}

  @Post('vms/:vm/commands')
  @Idempotent()
  @ApiHeader(IF_MATCH)
  @Route({
    summary:
      'Give a live session a command that concerns this VM: createVm, addVcpu, addMemslot, destroyVm ...',
    params: { ...ID, vm: 'number of the VM' },
    body: { name: 'VmCommand', schema: schemas.aggregateCommand('vm'), required: true },
    ...COMMAND_ROUTE,
  })
  async vm(
    @Param('id') id: string,
    @Param('vm') vm: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswer> {
    return await this.commands.give(id, ifMatch, { ...fields(body), vm: number('vm', vm) }, reply);
  }

  @Post('vcpus/:vcpu/commands')
  @Idempotent()
  @ApiHeader(IF_MATCH)
  @Route({
    summary:
      'Give a live session a command that concerns this vCPU: run, touch, smi, resetContext, closeVcpu ...',
    params: { ...ID, vcpu: 'number of the vCPU' },
    body: { name: 'VcpuCommand', schema: schemas.aggregateCommand('vcpu'), required: true },
    ...COMMAND_ROUTE,
  })
  async vcpu(
    @Param('id') id: string,
    @Param('vcpu') vcpu: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswer> {
    return await this.commands.give(id, ifMatch, { ...fields(body), vcpu: number('vcpu', vcpu) }, reply);
  }
}

function fields(body: unknown): object {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
}

function number(what: string, text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new Problem(404, `no-${what}`, `there is no ${what} "${text.slice(0, 20)}"; expected a whole number`);
}
