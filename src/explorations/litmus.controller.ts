// /api/v1/litmus: what can be explored: each litmus with its parameters, and the protocols for which it has no meaning.
import { Controller, Get, Module } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { REFERENCE_COARSE } from '../core/explorer/coarse/reference-coarse.js';
import { PROTOCOLS } from '../core/protocols/registry.js';
import { MACHINE_LITMUS } from '../core/scenarios/litmus/index.js';
import { Route } from '../http/openapi.decorators.js';

const litmus = z.object({
  id: z.string(),
  title: z.string().describe('who does what at the same time'),
  leftOut: z.string().describe('what a search of it says nothing about; empty: nothing is said'),
  machine: z
    .boolean()
    .describe('its steps are those of the machine: a counterexample is a session and has a report'),
  parameters: z.array(
    z.object({ name: z.string(), default: z.int(), min: z.int(), max: z.int(), doc: z.string() }),
  ),
  notFor: z
    .array(z.object({ protocol: z.string(), why: z.string() }))
    .describe("shipped protocols that it does not take; one of a user's is as the one that it extends"),
});
type LitmusView = z.output<typeof litmus>;

function views(): LitmusView[] {
  const { name, summary, protocols, parameters } = REFERENCE_COARSE;
  const coarse: LitmusView = {
    id: name,
    title: summary,
    leftOut: '',
    machine: false,
    parameters: Object.entries(parameters).map(([of, { what, ...range }]) => ({
      name: of,
      ...range,
      doc: what,
    })),
    notFor: PROTOCOLS.filter(({ id }) => protocols?.includes(id) === false).map(({ id }) => ({
      protocol: id,
      why: `it takes ${protocols?.join(', ')}`,
    })),
  };
  const machines = MACHINE_LITMUS.map(
    (one): LitmusView => ({
      id: one.id,
      title: one.title,
      leftOut: one.leftOut,
      machine: true,
      parameters: Object.entries(one.parameters).map(([of, { default: usual, min, max, doc }]) => ({
        name: of,
        default: usual,
        min,
        max,
        doc,
      })),
      notFor: PROTOCOLS.flatMap(({ id, rules }) => {
        const why = one.notFor?.({ id, era: rules.era }) ?? null;
        return why === null ? [] : [{ protocol: id, why }];
      }),
    }),
  );
  return [...machines, coarse];
}

@ApiTags('explorations')
@Controller('api/v1/litmus')
export class LitmusController {
  @Get()
  @Route({
    summary: 'Scenarios small enough to search in every interleaving',
    answer: {
      status: 200,
      description: 'all of them',
      name: 'LitmusList',
      schema: z.object({ litmus: z.array(litmus) }),
    },
  })
  list(): { litmus: LitmusView[] } {
    return { litmus: views() };
  }
}

@Module({ controllers: [LitmusController] })
export class LitmusModule {}
