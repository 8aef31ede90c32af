// One connection type per noun, shared by every field that lists it.
import { connectionOf } from '@hubgraph/kit/graphql/connection';
import { builder } from './builder.ts';
import * as refs from './refs.ts';

export const ContributionConnection = connectionOf(builder, refs.Contribution, 'Contribution');
