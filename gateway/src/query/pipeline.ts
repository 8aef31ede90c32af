import { authorise } from './authorise.ts';
import { execute, executeEvent } from './execute.ts';
import { identify } from './identify.ts';
import { limit } from './limit.ts';
import { mask } from './mask.ts';
import { parse } from './parse.ts';
import { plan } from './plan.ts';
import { validate } from './validate.ts';

/** From text to plan. Their outcome is kept, by text, operation name and authorisation class. */
export const preparation = [parse, limit, validate, authorise, plan] as const;

/** An operation of a client, in order, whatever transport it came by. Each stage is the file of its name. */
export const queryPath = [identify, ...preparation, execute, mask] as const;

/** The same for one event that a subscription delivers; identity and plan are those of its subscribe message. */
export const eventPath = [executeEvent, mask] as const;
