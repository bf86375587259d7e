// The scenario library with its parameters, and the cost model with where each figure comes from: /api/v1/scenarios,
// /api/v1/costs.
import { Controller, Get, Module, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { COSTS } from '../core/machine/costs.js';
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

const cost = z.object({
  name: z.string(),
  ns: z.number().describe('default'),
  min: z.number(),
  max: z.number(),
  account: z.enum(['guest', 'host', 'outer']).describe('to whom it is booked'),
  confidence: z
    .enum(['published', 'derived', 'assumed'])
    .describe(
      'published: printed in a source; derived: computed from such; assumed: nobody has published one',
    ),
  condition: z.string(),
  source: z.string(),
});

@ApiTags('catalogue')
@Controller('api/v1/costs')
export class CostsController {
  @Get()
  @Route({
    summary: 'The cost model: what each thing takes, and who says so',
    answer: {
      status: 200,
      description: 'all of them',
      name: 'Costs',
      schema: z.object({ costs: z.array(cost) }),
    },
  })
  list() {
    const views = Object.entries(COSTS).map(
      ([name, { ns, min, max, account, confidence, condition, source }]) => ({
        name,
        ns,
        min,
        max,
        account,
        confidence,
        condition,
        source,
      }),
    );
    return { costs: views };
  }
}

@Module({ controllers: [ScenariosController, CostsController] })
export class ScenariosModule {}
