// The catalogue for the server: the table as it stands, and its rows as a kind of row jobs.
import type { z } from 'zod';
import { findBug } from '../../core/bugs/explain.js';
import { COLUMNS } from '../../core/catalogue/answer.js';
import { ANSWERS, catalogueCells } from '../../core/catalogue/cells.js';
import { RowJobs, type RowKind } from '../row-jobs.js';
import { type CatalogueResult, cellsOf, runCatalogue } from './catalogue.js';
import type { catalogueRun, catalogueTable, createCatalogueRun } from './catalogue.schemas.js';

export type NewCatalogueRun = z.output<typeof createCatalogueRun>;
export type CatalogueRun = z.output<typeof catalogueRun>;
export type CatalogueTable = z.output<typeof catalogueTable>;

type Figures = Pick<CatalogueRun, 'bug' | 'protocol' | 'failed'>;
type Parts = Pick<CatalogueRun, 'rows'>;

export class CatalogueJobs extends RowJobs<NewCatalogueRun, CatalogueResult, Figures, Parts> {}

export const CATALOGUE_JOBS: RowKind<NewCatalogueRun, CatalogueResult, Figures, Parts> = {
  name: 'catalogue',
  check: async ({ bug, protocol, userProtocol }) => {
    if (userProtocol === undefined) {
      catalogueCells({ bug, protocol });
      return;
    }
    catalogueCells({ bug });
    await cellsOf(userProtocol, bug);
  },
  answer: ({ bug, protocol, userProtocol }, hooks) => runCatalogue({ bug, protocol, userProtocol, ...hooks }),
  figures: ({ bug, protocol }, result) => ({
    bug: bug ?? null,
    protocol: protocol ?? null,
    failed: result?.failed ?? null,
  }),
  parts: (result) => ({ rows: result === null ? null : [...result.rows] }),
};

/** What is expected, without asking anybody. */
export function tableOfAnswers(): CatalogueTable {
  const bugs = ANSWERS.map(({ bug, kind, rules, question, cells }) => ({
    bug,
    title: findBug(bug.split('-')[0] ?? bug)?.title ?? null,
    kind,
    rules: [...rules],
    litmus: question?.by === 'search' ? question.litmus : null,
    cells: cells.map(({ protocol, expected, why, litmus }) => ({
      protocol,
      expected,
      why,
      litmus: litmus ?? null,
    })),
  }));
  return { protocols: [...COLUMNS], bugs };
}
