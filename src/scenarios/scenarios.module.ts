// The scenario library with its parameters: /api/v1/scenarios.
import { Controller, Get, Module, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { findScenario, SCENARIOS } from '../core/scenarios/library.js';
import type { Scenario } from '../core/scenarios/scenario.js';
import { Route } from '../http/openapi.decorators.js';
import { notFoundInstead } from '../http/problem.js';

const parameter = z.object({
  name: z.string(),
  default: z.number(),
  min: z.number(),
  max: z.number(),
  unit: z.string(),
  doc: z.string(),
  words: z
    .union([z.array(z.string()), z.null()])
    .describe('names of the values min to max, where they have names'),
});
const scenario = z.object({
  id: z.string(),
  title: z.string(),
  doc: z.string(),
  parameters: z.array(parameter),
});

function scenarioView({ id, title, doc, parameters }: Scenario) {
  const views = Object.entries(parameters).map(
    ([name, { default: initially, min, max, unit, doc: text, words }]) => ({
      name,
      default: initially,
      min,
      max,
      unit,
      doc: text,
      words: words ?? null,
    }),
  );
  return { id, title, doc, parameters: views };
}

@ApiTags('catalogue')
@Controller('api/v1/scenarios')
export class ScenariosController {
  @Get()
  @Route({
    summary: 'Scenarios with parameters, units and ranges',
    answer: {
      status: 200,
      description: 'all of them',
      name: 'Scenarios',
      schema: z.object({ scenarios: z.array(scenario) }),
    },
  })
  list() {
    return { scenarios: SCENARIOS.map(scenarioView) };
  }

  @Get(':scenario')
  @Route({
    summary: 'One scenario',
    params: { scenario: 'id of the scenario' },
    answer: { status: 200, description: 'the scenario', name: 'Scenario', schema: scenario },
    problems: [404],
  })
  get(@Param('scenario') id: string) {
    return scenarioView(notFoundInstead(() => findScenario(id)));
  }
}

@Module({ controllers: [ScenariosController] })
export class ScenariosModule {}
