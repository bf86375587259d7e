// /api/v1/protocols: the shipped protocols and kernel profiles, and those of the folder that the server is started with.
import { Controller, Get, Inject, Module, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { diffProtocols } from '../core/protocols/diff.js';
import { procedureView } from '../core/protocols/procedure-view.js';
import type { Protocol } from '../core/protocols/protocol.js';
import { link } from '../core/protocols/protocol.js';
import { findProtocol, PROTOCOLS } from '../core/protocols/registry.js';
import { Route } from '../http/openapi.decorators.js';
import { notFoundInstead, Problem } from '../http/problem.js';
import { PROTOCOL_FOLDER } from '../sessions/sessions.tokens.js';
import type { FolderEntry, ProtocolFolder } from '../user-protocols/protocol-folder.js';

const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);

const protocol = z.object({
  id: z.string(),
  origin: z.enum(['shipped', 'user']).describe('user: from the folder of ROOTLINE_PROTOCOLS'),
  title: z.string(),
  source: z.string().describe('commit or mail that the rules are taken from'),
  base: nullable(z.string()).describe('protocol that this one extends'),
  replaced: z.array(z.string()).describe('C functions that it replaces in its base'),
  functions: z.array(z.string()),
  rules: z.record(z.string(), z.unknown()),
  constants: z.record(z.string(), z.number()),
  digest: z.string().describe('digest of the linked procedures; empty where the file is at fault'),
  file: nullable(z.object({ name: z.string(), digest: z.string().describe('SHA-256 of its text') })).describe(
    "a user's file",
  ),
  fault: nullable(z.string()).describe("what is wrong with a user's file: no session can be made under it"),
});
type ProtocolView = z.output<typeof protocol>;

function protocolView(p: Protocol): ProtocolView {
  const { id, title, source, base, replaced, rules, constants } = p;
  return {
    id,
    origin: 'shipped',
    title,
    source,
    base,
    replaced: [...replaced],
    functions: p.procedures.map((procedure) => procedure.name),
    rules: { ...rules },
    constants: { ...constants },
    digest: link(p).digest,
    file: null,
    fault: null,
  };
}

function userView({ id, file, text, description: d, fault }: FolderEntry): ProtocolView {
  return {
    id,
    origin: 'user',
    title: d?.title ?? '',
    source: d?.source ?? '',
    base: d?.base ?? null,
    replaced: [...(d?.replaced ?? [])],
    functions: [...(d?.functions ?? [])],
    rules: { ...d?.rules },
    constants: { ...d?.constants },
    digest: d?.digest ?? '',
    file: { name: file, digest: text?.digest ?? '' },
    fault,
  };
}

const procedureSchema = z.object({
  function: z.string(),
  file: z.string().describe('C file, from the top of the Linux tree'),
  since: z.string().describe('kernel version or commit that has this form first'),
  leftOut: z.string().describe('what of the C function is not modelled'),
  steps: z.array(
    z.object({
      label: z.string(),
      asks: z.string().describe('the visible operation; empty: a place that a call returns to'),
      next: z.array(z.string()).describe('labels that it may go on at, `call NAME`, `return`'),
    }),
  ),
});

const side = z.object({ id: z.string(), source: z.string() });
const diffSchema = z.object({
  from: side,
  to: side,
  functions: z.array(
    z.object({
      function: z.string(),
      file: z.string(),
      before: nullable(z.string()).describe('version or commit of its form; null: it is not there'),
      after: nullable(z.string()),
      labelsBefore: z.array(z.string()),
      labelsAfter: z.array(z.string()),
    }),
  ),
  rules: z.array(z.object({ rule: z.string(), before: z.string(), after: z.string() })),
  constants: z.array(
    z.object({ name: z.string(), before: nullable(z.number()), after: nullable(z.number()) }),
  ),
});

@ApiTags('catalogue')
@Controller('api/v1/protocols')
export class ProtocolsController {
  constructor(@Inject(PROTOCOL_FOLDER) private readonly folder: ProtocolFolder) {}

  @Get()
  @Route({
    summary: 'Protocols and kernel profiles',
    answer: {
      status: 200,
      description: "all of them; the users' own last",
      name: 'Protocols',
      schema: z.object({ protocols: z.array(protocol) }),
    },
    problems: [422],
  })
  async list() {
    const users = await this.folder.list();
    return { protocols: [...PROTOCOLS.map(protocolView), ...users.map(userView)] };
  }

  @Get(':protocol')
  @Route({
    summary: 'One protocol',
    params: { protocol: 'id of the protocol' },
    answer: { status: 200, description: 'the protocol', name: 'Protocol', schema: protocol },
    problems: [404, 422],
  })
  async get(@Param('protocol') id: string) {
    const user = await this.folder.find(id);
    if (user !== null) return userView(user);
    return protocolView(notFoundInstead(() => findProtocol(id)));
  }

  @Get(':protocol/diff/:other')
  @Route({
    summary: 'What another protocol changes: functions, rules, constants',
    params: { protocol: 'id of the protocol that is changed', other: 'id of the protocol after the change' },
    answer: { status: 200, description: 'only what differs', name: 'ProtocolDiff', schema: diffSchema },
    problems: [404, 422],
  })
  async diff(@Param('protocol') from: string, @Param('other') to: string) {
    return (
      (await this.folder.diff(from, to)) ??
      notFoundInstead(() => diffProtocols(findProtocol(from), findProtocol(to)))
    );
  }

  @Get(':protocol/functions/:function')
  @Route({
    summary: 'One function of a shipped protocol: its labelled steps, and what is left out',
    params: { protocol: 'id of the protocol', function: 'C name' },
    answer: { status: 200, description: 'the procedure', name: 'Procedure', schema: procedureSchema },
    problems: [404],
  })
  procedure(@Param('protocol') id: string, @Param('function') name: string) {
    const { procedures } = notFoundInstead(() => findProtocol(id));
    const found = procedures.find((procedure) => procedure.name === name);
    if (found === undefined)
      throw new Problem(404, 'unknown-function', `protocol ${id} has no function ${name.slice(0, 100)}`);
    return procedureView(found);
  }
}

@Module({ controllers: [ProtocolsController] })
export class ProtocolsModule {}
