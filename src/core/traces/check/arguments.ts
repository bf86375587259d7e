// What a function takes or returns, and what a tracepoint prints, in some releases only.
import type { CoveredEvent, TextForm } from './covered-event.js';
import type { Refusal } from './rules.js';
import type { Traits } from './traits.js';

/** Eras with releases that print a tracepoint like this. */
const ERAS_OF_FORM: Readonly<Record<TextForm, string>> = {
  'v5.10': 'abc',
  'from 6.1': 'bcdefgh',
  '7.2': 'h',
};

/** What a function takes or returns in some releases only. */
export function argumentsOf(traits: Traits, name: string, event: CoveredEvent): Refusal | null {
  if (event.kind === 'other') return null;
  const { protocol, putShowsMode, lookupShowsResult } = traits;
  if ((event.kind === 'queued' || event.kind === 'executes') && !traits.hasWorker)
    return {
      rule: 'function-exists',
      why: `${protocol} has no tdp_mmu_zap_root_work, which is queued and run here`,
    };
  const form = 'form' in event ? event.form : null;
  if (form !== null && !ERAS_OF_FORM[form].includes(traits.era))
    return {
      rule: 'arguments',
      why: `${name} prints this text in other releases (${form}), not in ${protocol}`,
    };
  if (event.kind === 'put' && putShowsMode !== 'either' && (event.shared !== null) !== putShowsMode)
    return {
      rule: 'arguments',
      why: `${name} has ${putShowsMode ? 'an' : 'no'} argument \`shared\` in ${protocol}`,
    };
  if (
    event.kind === 'lookupReturned' &&
    lookupShowsResult !== 'either' &&
    (event.result !== null) !== lookupShowsResult
  )
    return {
      rule: 'arguments',
      why: `${traits.lookupFunction} returns ${lookupShowsResult ? 'an int' : 'nothing'} in ${protocol}`,
    };
  return null;
}
