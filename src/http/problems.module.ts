// /api/v1/problems: what each type of problem means. The same list is /docs/problems.
import { Controller, Get, Module } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Route } from './openapi.decorators.js';
import { PROBLEM_TYPES, problemTypeUri } from './problem-types.js';

const problems = z.object({
  problems: z.array(z.object({ type: z.string(), statuses: z.array(z.int()), meaning: z.string() })),
});

@ApiTags('catalogue')
@Controller('api/v1/problems')
export class ProblemsController {
  @Get()
  @Route({
    summary: 'Types of problems and what they mean',
    answer: { status: 200, description: 'all of them', name: 'ProblemTypes', schema: problems },
  })
  list() {
    return {
      problems: PROBLEM_TYPES.map(({ name, statuses, meaning }) => ({
        type: problemTypeUri(name),
        statuses,
        meaning,
      })),
    };
  }
}

@Module({ controllers: [ProblemsController] })
export class ProblemsModule {}
