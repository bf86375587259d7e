// /api/v1/litmus: what can be explored: each litmus drawn, with its parameters, and the protocols for which it has no meaning.
import { Controller, Get, Module, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { type LitmusView, litmusViews, litmusWithText } from './litmus-views.js';

const litmus = z.object({
  id: z.string(),
  title: z.string().describe('who does what at the same time'),
  doc: z.string().describe('what happens, and what can go wrong'),
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
  drawing: z
    .union([z.array(z.string()), z.null()])
    .describe('one column a thread: above the line what is prepared, below it what is searched'),
});

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
  list(): { litmus: readonly LitmusView[] } {
    return { litmus: litmusViews() };
  }

  @Get(':id')
  @Route({
    summary: 'One of them as text: to edit it and explore that instead (POST /explorations)',
    params: { id: 'name of the litmus' },
    answer: {
      status: 200,
      description: 'the litmus with its text',
      name: 'LitmusWithText',
      schema: litmus.extend({
        text: z.union([z.string(), z.null()]).describe('null: it is no litmus of the machine'),
      }),
    },
    problems: [404],
  })
  one(@Param('id') id: string): LitmusView & { readonly text: string | null } {
    const found = litmusWithText(id);
    if (found !== undefined) return found;
    const names = litmusViews().map((one) => one.id);
    throw new Problem(404, 'unknown-litmus', `no litmus "${id.slice(0, 40)}"; there are ${names.join(', ')}`);
  }
}

@Module({ controllers: [LitmusController] })
export class LitmusModule {}
