// The shipped protocols and kernel profiles: /api/v1/protocols.
import { Controller, Get, Module, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { Protocol } from '../core/protocols/protocol.js';
import { link } from '../core/protocols/protocol.js';
import { findProtocol, PROTOCOLS } from '../core/protocols/registry.js';
import { Route } from '../http/openapi.decorators.js';
import { notFoundInstead } from '../http/problem.js';

const protocol = z.object({
  id: z.string(),
  title: z.string(),
  source: z.string().describe('commit or mail that the rules are taken from'),
  base: z.union([z.string(), z.null()]).describe('protocol that this one extends'),
  replaced: z.array(z.string()).describe('C functions that it replaces in its base'),
  functions: z.array(z.string()),
  rules: z.record(z.string(), z.unknown()),
  constants: z.record(z.string(), z.number()),
  digest: z.string().describe('digest of the linked procedures'),
});

function protocolView(p: Protocol) {
  const { id, title, source, base, replaced, rules, constants } = p;
  const functions = p.procedures.map((procedure) => procedure.name);
  return { id, title, source, base, replaced, functions, rules, constants, digest: link(p).digest };
}

@ApiTags('catalogue')
@Controller('api/v1/protocols')
export class ProtocolsController {
  @Get()
  @Route({
    summary: 'Protocols and kernel profiles',
    answer: {
      status: 200,
      description: 'all of them',
      name: 'Protocols',
      schema: z.object({ protocols: z.array(protocol) }),
    },
  })
  list() {
    return { protocols: PROTOCOLS.map(protocolView) };
  }

  @Get(':protocol')
  @Route({
    summary: 'One protocol',
    params: { protocol: 'id of the protocol' },
    answer: { status: 200, description: 'the protocol', name: 'Protocol', schema: protocol },
    problems: [404],
  })
  get(@Param('protocol') id: string) {
    return protocolView(notFoundInstead(() => findProtocol(id)));
  }
}

@Module({ controllers: [ProtocolsController] })
export class ProtocolsModule {}
