import { Misread } from './phrase.cursor.js';
import { type Measure, type Query } from './query.js';

/** @throws Misread where each word has found its place, and what they come to cannot be worked out or shown. */
export function assertAnswerable({ measures, dimensions, share, versus, top, having }: Query): void {
  if (having && (dimensions.length !== 1 || share)) throw new Misread('how many strikes there must be is a filter on groups by one column: “average cost by airline only with at least 50 strikes”');
  if (top && dimensions.some(({ by }) => by === 'step')) throw new Misread('a list is of values of a column, and not of steps of a number');
  if (share && (measures.length > 1 || dimensions.length !== 1)) throw new Misread('a share is of one number by one column: “share of strikes by size”');
  if (share && !['count', 'sum'].includes((measures[0] as Measure).aggregate)) throw new Misread('a share is of a number of strikes or of a sum, not of an average, a maximum or a minimum');
  if (versus && dimensions.length === 0 && measures.some(({ aggregate }) => aggregate === 'count')) throw new Misread('a number of strikes stands against another one only by a column: “number of strikes versus cost by airline”');
  if (versus && dimensions.length === 0 && measures[0]?.column === measures[1]?.column) throw new Misread('a cost or a speed stands against itself only by a column: “average cost versus maximum cost by airline”');
  if (dimensions.length > 2) throw new Misread('it groups by more than two columns');
  if (measures.length > 2) throw new Misread('it asks for more than two numbers');
  if (dimensions.length === 2 && measures.length === 2) throw new Misread('two numbers can be grouped by one column only');
}
