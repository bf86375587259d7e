// The catalogue of invariants: /api/v1/invariants.
import { Controller, Get, Module } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { INVARIANTS } from '../core/invariants/catalogue.js';
import { Route } from '../http/openapi.decorators.js';

const invariant = z.object({
  id: z.string().describe('I1 ...'),
  number: z.int(),
  name: z.string(),
  kind: z.string(),
  statement: z.string(),
  eras: z.string().describe('letters of the eras it applies to'),
  exercise: z.string().describe('what a run has to do for it to be evaluated'),
  details: z.array(z.string()).describe("meaning of a finding's `detail`, by code"),
  seen: z.string().describe("meaning of a finding's `seen`"),
  notEvaluated: z.union([z.string(), z.null()]).describe('why no run evaluates it yet'),
});

@ApiTags('catalogue')
@Controller('api/v1/invariants')
export class InvariantsController {
  @Get()
  @Route({
    summary: 'Invariants I1 ...',
    answer: {
      status: 200,
      description: 'all of them',
      name: 'Invariants',
      schema: z.object({ invariants: z.array(invariant) }),
    },
  })
  list() {
    return {
      invariants: INVARIANTS.map(
        ({ number, name, kind, statement, eras, exercise, details, seen, notEvaluated }) => ({
          id: `I${number}`,
          number,
          name,
          kind,
          statement,
          eras,
          exercise,
          details,
          seen,
          notEvaluated: notEvaluated ?? null,
        }),
      ),
    };
  }
}

@Module({ controllers: [InvariantsController] })
export class InvariantsModule {}
